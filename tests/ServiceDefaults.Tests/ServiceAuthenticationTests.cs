using System.Net;
using System.Net.Http.Headers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.Tests;

/// <summary>Two services that share a secret, over real HTTP.</summary>
public sealed class ServiceAuthenticationTests
{
    private const string Key = "a secret of the tests, forty bytes long!";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static async Task<WebApplication> ServeAsync(string key = Key, string name = "audit", TimeProvider? time = null, string? previousKey = null)
    {
        var app = Build(key, name, "Production", time, previousKey);
        app.MapGet("/append", () => "appended").RequireAuthorization(Scopes.AuditAppend);
        await app.StartAsync(Cancelled);
        return app;
    }

    private static WebApplication Build(string? key, string name, string environment, TimeProvider? time = null, string? previousKey = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ServiceAuth:Key"] = key, ["ServiceAuth:PreviousKey"] = previousKey, ["ServiceAuth:Name"] = name });
        if (time is not null) builder.Services.AddSingleton(time);
        builder.AddServiceDefaults();
        return builder.Build();
    }

    private static ServiceTokens TokensOf(string key, string name, TimeProvider? time = null) =>
        new(Options.Create(new ServiceAuthenticationOptions { Key = key, Name = name }), time ?? TimeProvider.System);

    private static async Task<HttpStatusCode> CallAsync(WebApplication app, string? token)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (await client.GetAsync("/append", Cancelled)).StatusCode;
    }

    [Fact]
    public async Task Call_WithTheScope_IsLetThrough()
    {
        await using var audit = await ServeAsync();
        (await CallAsync(audit, TokensOf(Key, "orchestrator").Issue("audit", [Scopes.AuditAppend]))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Call_ThatIsNotEntitled_IsRefused()
    {
        await using var audit = await ServeAsync();
        var tokens = TokensOf(Key, "orchestrator");
        var good = tokens.Issue("audit", [Scopes.AuditAppend]);

        (await CallAsync(audit, null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await CallAsync(audit, "loom1.x.y")).ShouldBe(HttpStatusCode.Unauthorized);
        (await CallAsync(audit, new string('a', 10_000))).ShouldBe(HttpStatusCode.Unauthorized);
        (await CallAsync(audit, TokensOf(new string('x', 40), "orchestrator").Issue("audit", [Scopes.AuditAppend]))).ShouldBe(HttpStatusCode.Unauthorized);
        (await CallAsync(audit, tokens.Issue("agentworker", [Scopes.AuditAppend]))).ShouldBe(HttpStatusCode.Unauthorized);
        (await CallAsync(audit, tokens.Issue("audit", [Scopes.AuditRead]))).ShouldBe(HttpStatusCode.Forbidden);
        for (var i = "loom1.".Length; i < good.Length; i += 7)
        {
            var changed = good[..i] + (good[i] == 'A' ? 'B' : 'A') + good[(i + 1)..];
            if (changed != good) (await CallAsync(audit, changed)).ShouldBe(HttpStatusCode.Unauthorized, $"changed at {i}");
        }
    }

    [Fact]
    public async Task Call_WithAnExpiredToken_IsRefused()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var audit = await ServeAsync(time: clock);
        var token = TokensOf(Key, "orchestrator", clock).Issue("audit", [Scopes.AuditAppend]);

        clock.Advance(TimeSpan.FromMinutes(5));
        (await CallAsync(audit, token)).ShouldBe(HttpStatusCode.OK);
        clock.Advance(TimeSpan.FromSeconds(32));
        (await CallAsync(audit, token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Call_DuringARotation_IsAcceptedUnderBothKeys()
    {
        const string next = "the next secret of the tests, also forty b";
        await using var audit = await ServeAsync(next, previousKey: Key);

        (await CallAsync(audit, TokensOf(Key, "orchestrator").Issue("audit", [Scopes.AuditAppend]))).ShouldBe(HttpStatusCode.OK);
        (await CallAsync(audit, TokensOf(next, "orchestrator").Issue("audit", [Scopes.AuditAppend]))).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null, "Production", "ServiceAuth:Key is missing")]
    [InlineData("short", "Production", "at least 32 bytes")]
    [InlineData("short", "Development", "at least 32 bytes")]
    public async Task Start_WithoutAProperKey_IsRefused(string? key, string environment, string expected)
    {
        await using var app = Build(key, "audit", environment);
        (await Should.ThrowAsync<OptionsValidationException>(() => app.StartAsync(Cancelled))).Message.ShouldContain(expected);
    }

    [Fact]
    public async Task Start_InDevelopmentWithoutAKey_TrustsTheOthers()
    {
        await using var app = Build(null, "audit", "Development");
        app.MapGet("/append", () => "appended").RequireAuthorization(Scopes.AuditAppend);
        await app.StartAsync(Cancelled);
        (await CallAsync(app, null)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void Issue_Repeatedly_RenewsAtHalfTheLifetime()
    {
        var clock = new ManualTimeProvider();
        var tokens = TokensOf(Key, "orchestrator", clock);
        var first = tokens.Issue("audit", [Scopes.AuditAppend]);

        clock.Advance(TimeSpan.FromSeconds(149));
        tokens.Issue("audit", [Scopes.AuditAppend]).ShouldBe(first);
        clock.Advance(TimeSpan.FromSeconds(1));
        tokens.Issue("audit", [Scopes.AuditAppend]).ShouldNotBe(first);
    }
}
