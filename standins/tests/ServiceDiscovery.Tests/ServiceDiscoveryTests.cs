using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ServiceDiscovery.Tests;

public sealed class ServiceDiscoveryTests
{
    [Theory]
    [InlineData("http://audit/verify?from=1", "http://localhost:5001/verify?from=1")]
    [InlineData("http://_grpc.audit/loomflow.v1.Audit/Append", "http://localhost:6001/loomflow.v1.Audit/Append")]
    [InlineData("https+http://audit/", "http://localhost:5001/")]
    [InlineData("https+http://secure/", "https://secure.internal:7001/")]
    [InlineData("http+https://secure/", "http://secure.internal:7000/")]
    [InlineData("http://AUDIT/", "http://localhost:5001/")]
    [InlineData("http://single/runs", "http://10.0.0.7:8080/base/runs")]
    [InlineData("http://bare/", "http://worker.internal:9000/")]
    [InlineData("http://preferred/", "http://localhost:4000/")]
    public async Task Request_ToAConfiguredService_GoesToItsEndpoint(string requested, string expected)
    {
        (await SendAsync(requested)).ShouldBe([expected]);
    }

    [Theory]
    [InlineData("http://example.org/path", "http://example.org/path")]
    [InlineData("https://api.example.org:8443/v1", "https://api.example.org:8443/v1")]
    [InlineData("https+http://example.org/", "https://example.org/")]
    [InlineData("http://_admin.example.org/", "http://example.org/")]
    [InlineData("http://_missing.audit/", "http://audit/")]
    [InlineData("https://audit/", "https://audit/")]
    [InlineData("http://127.0.0.1:5/", "http://127.0.0.1:5/")]
    public async Task Request_ToWhatIsNotConfigured_PassesThrough(string requested, string expected)
    {
        (await SendAsync(requested)).ShouldBe([expected]);
    }

    [Fact]
    public async Task Requests_ToSeveralEndpoints_TakeTurns()
    {
        var sent = await SendAsync([.. Enumerable.Repeat("http://_grpc.agentworker/x", 6)]);

        sent.Take(3).ShouldBe(["http://localhost:6101/x", "http://localhost:6102/x", "http://localhost:6103/x"], ignoreOrder: true);
        sent.Skip(3).ShouldBe(sent.Take(3));
    }

    [Fact]
    public async Task Request_AfterItWasSent_HasItsOwnUriAgain()
    {
        await using var services = Build();
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://audit/");

        await services.GetRequiredService<HttpClient>().SendAsync(request, TestContext.Current.CancellationToken);

        request.RequestUri.ShouldBe(new Uri("http://audit/"));
    }

    [Fact]
    public async Task Configuration_WhenItReloads_IsReadAgain()
    {
        await using var services = Build();
        var client = services.GetRequiredService<HttpClient>();
        await client.GetAsync("http://audit/", TestContext.Current.CancellationToken);

        var configuration = (IConfigurationRoot)services.GetRequiredService<IConfiguration>();
        configuration["services:audit:http:0"] = "http://localhost:5999";
        configuration.Reload();
        await client.GetAsync("http://audit/", TestContext.Current.CancellationToken);

        services.GetRequiredService<Wire>().Sent.ShouldBe(["http://localhost:5001/", "http://localhost:5999/"]);
    }

    [Theory]
    [InlineData("http://broken/", "'broken' endpoint 'http' has an invalid value with key '0'")]
    [InlineData("http://odd/", "'odd' endpoint 'http' has non-numeric keys")]
    public async Task Request_ToAServiceConfiguredWrongly_NamesTheSection(string requested, string message)
    {
        var error = await Should.ThrowAsync<KeyNotFoundException>(() => SendAsync(requested));

        error.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Scheme_ThatIsNotAllowed_IsNotUsed()
    {
        await using var services = Build(options =>
        {
            options.AllowAllSchemes = false;
            options.AllowedSchemes = ["https"];
        });

        await services.GetRequiredService<HttpClient>().GetAsync("http+https://secure/", TestContext.Current.CancellationToken);

        services.GetRequiredService<Wire>().Sent.ShouldBe(["https://secure.internal:7001/"]);
    }

    private static async Task<IReadOnlyList<string>> SendAsync(params string[] requests)
    {
        await using var services = Build();
        var client = services.GetRequiredService<HttpClient>();
        foreach (var request in requests) await client.GetAsync(request, TestContext.Current.CancellationToken);
        return services.GetRequiredService<Wire>().Sent;
    }

    private static ServiceProvider Build(Action<Microsoft.Extensions.ServiceDiscovery.ServiceDiscoveryOptions>? configure = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["services:audit:http:0"] = "http://localhost:5001",
            ["services:audit:grpc:0"] = "http://localhost:6001",
            ["services:agentworker:grpc:0"] = "http://localhost:6101",
            ["services:agentworker:grpc:1"] = "http://localhost:6102",
            ["services:agentworker:grpc:2"] = "http://localhost:6103",
            ["services:secure:http:0"] = "http://secure.internal:7000",
            ["services:secure:https:0"] = "https://secure.internal:7001",
            ["services:single:http"] = "http://10.0.0.7:8080/base",
            ["services:bare:http:0"] = "worker.internal:9000",
            ["services:preferred:http:0"] = "http://localhost:4001",
            ["services:preferred:default:0"] = "http://localhost:4000",
            ["services:broken:http:0"] = "http://",
            ["services:odd:http:first"] = "http://localhost:1",
        }).Build();

        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton<Wire>();
        services.AddServiceDiscovery(configure ?? (_ => { }));
        services.AddHttpClient("test")
            .AddServiceDiscovery()
            .ConfigurePrimaryHttpMessageHandler(provider => new RecordingHandler(provider.GetRequiredService<Wire>()));
        services.AddTransient(provider => provider.GetRequiredService<IHttpClientFactory>().CreateClient("test"));
        return services.BuildServiceProvider();
    }

    /// <summary>The end of the pipeline: remembers where each request was going.</summary>
    private sealed class RecordingHandler(Wire wire) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            wire.Sent.Add(request.RequestUri!.ToString());
            return Task.FromResult(new HttpResponseMessage());
        }
    }

    private sealed class Wire
    {
        public List<string> Sent { get; } = [];
    }
}
