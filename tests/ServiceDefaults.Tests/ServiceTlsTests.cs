using System.Security.Authentication;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.ServiceDefaults.Tests;

/// <summary>TLS and mutual TLS by Kestrel's ordinary configuration, with certificates of authorities that exist for one test.</summary>
public sealed class ServiceTlsTests : IDisposable
{
    private readonly CertificateAuthority _ours = new("Ours");
    private readonly CertificateAuthority _theirs = new("Theirs");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Caller_WithACertificateOfTheAuthority_IsLetIn_AndKnown()
    {
        await using var server = await ServeAsync(_ours.Issue("server"), _ours.RootPath);

        (await CallAsync(server, _ours.Issue("orchestrator"), _ours.RootPath)).ShouldBe("CN=orchestrator");
    }

    [Fact]
    public async Task Caller_WithoutACertificate_IsRefused()
    {
        await using var server = await ServeAsync(_ours.Issue("server"), _ours.RootPath);

        await Should.ThrowAsync<HttpRequestException>(() => CallAsync(server, null, _ours.RootPath));
    }

    [Fact]
    public async Task Caller_WithACertificateOfAnotherAuthority_IsRefused()
    {
        await using var server = await ServeAsync(_ours.Issue("server"), _ours.RootPath);

        await Should.ThrowAsync<HttpRequestException>(() => CallAsync(server, _theirs.Issue("orchestrator"), _ours.RootPath));
    }

    [Fact]
    public async Task Caller_WithACertificateOutOfDate_OrNotForCallers_IsRefused()
    {
        await using var server = await ServeAsync(_ours.Issue("server"), _ours.RootPath);

        await Should.ThrowAsync<HttpRequestException>(() => CallAsync(server, _ours.Issue("orchestrator", expired: true), _ours.RootPath));
        await Should.ThrowAsync<HttpRequestException>(() => CallAsync(server, _ours.Issue("orchestrator", isClient: false), _ours.RootPath));
    }

    [Fact]
    public async Task Server_WithACertificateOfAnotherAuthority_IsNotCalled()
    {
        await using var server = await ServeAsync(_theirs.Issue("server"), _ours.RootPath);

        var refused = await Should.ThrowAsync<HttpRequestException>(() => CallAsync(server, _ours.Issue("orchestrator"), _ours.RootPath));

        refused.InnerException.ShouldBeOfType<AuthenticationException>();
    }

    [Fact]
    public async Task Server_WithACertificateThatTheMachineDoesNotKnow_IsNotCalledWithoutTheAuthority()
    {
        await using var server = await ServeAsync(_ours.Issue("server"), _ours.RootPath);

        (await Should.ThrowAsync<HttpRequestException>(() => CallAsync(server, _ours.Issue("orchestrator"), null))).InnerException.ShouldBeOfType<AuthenticationException>();
    }

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    private static async Task<WebApplication> ServeAsync(string certificate, string authority)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:grpc:Url"] = "https://127.0.0.1:0",
            ["Kestrel:Endpoints:grpc:Certificate:Path"] = certificate,
            ["Kestrel:Endpoints:grpc:Certificate:KeyPath"] = certificate,
            ["Kestrel:Endpoints:grpc:ClientCertificateMode"] = "RequireCertificate",
            ["ServiceTls:AuthorityPath"] = authority,
        });
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        var app = builder.Build();
        app.MapGet("/", (HttpContext http) => http.Connection.ClientCertificate!.Subject).AllowAnonymous();
        await app.StartAsync(Cancelled);
        return app;
    }

    private static async Task<string> CallAsync(WebApplication server, string? certificate, string? authority)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ServiceTls:CertificatePath"] = certificate, ["ServiceTls:AuthorityPath"] = authority });
        builder.AddServiceDefaults();
        builder.Services.AddHttpClient("service").AddServiceCredentials("server");
        using var caller = builder.Build();
        return await caller.Services.GetRequiredService<IHttpClientFactory>().CreateClient("service").GetStringAsync(server.Urls.Single(), Cancelled);
    }
}
