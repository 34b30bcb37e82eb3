using Loomflow.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Redis.Tests;

public class AspireClientTests(RedisFixture fixture)
{
    [Fact]
    public async Task AddRedisClient_ConnectionString_GivesAConnectionAndAHealthCheck()
    {
        await using var app = Build(builder => builder.AddRedisClient("redis"), ("ConnectionStrings:redis", fixture.Server.ConnectionString));
        var connection = app.Services.GetRequiredService<IConnectionMultiplexer>();
        (await connection.GetDatabase().PingAsync()).ShouldBeGreaterThan(TimeSpan.Zero);
        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        report.Entries.Keys.ShouldContain("StackExchange.Redis");
        report.Status.ShouldBe(HealthStatus.Healthy);
    }

    [Fact]
    public async Task AddRedisClient_NothingConfigured_SaysWhereToConfigureIt()
    {
        await using var app = Build(builder => builder.AddRedisClient("redis"));
        Should.Throw<InvalidOperationException>(() => app.Services.GetRequiredService<IConnectionMultiplexer>())
            .Message.ShouldContain("'ConnectionStrings:redis'");
    }

    [Fact]
    public async Task AddRedisClient_NobodyThere_StartsAndIsUnhealthy()
    {
        await using var app = Build(
            builder => builder.AddRedisClient("redis", configureOptions: options => options.AsyncTimeout = 1000),
            ("ConnectionStrings:redis", $"127.0.0.1:{FreePort.Next()},connectTimeout=1000,connectRetry=1"));
        app.Services.GetRequiredService<IConnectionMultiplexer>().IsConnected.ShouldBeFalse();
        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        report.Status.ShouldBe(HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task AddKeyedRedisClient_TwoNames_AreTwoConnectionsWithTheirOwnSettings()
    {
        await using var app = Build(
            builder =>
            {
                builder.AddKeyedRedisClient("one");
                builder.AddKeyedRedisClient("two", settings => settings.DisableHealthChecks = true);
            },
            ("ConnectionStrings:one", fixture.Server.ConnectionString),
            ("Aspire:StackExchange:Redis:two:ConnectionString", fixture.Server.ConnectionString),
            ("Aspire:StackExchange:Redis:two:ConfigurationOptions:ClientName", "second"));
        var (one, two) = (app.Services.GetRequiredKeyedService<IConnectionMultiplexer>("one"), app.Services.GetRequiredKeyedService<IConnectionMultiplexer>("two"));
        one.ShouldNotBeSameAs(two);
        two.ClientName.ShouldBe("second");
        await two.GetDatabase().PingAsync();
        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        report.Entries.Keys.ShouldBe(["StackExchange.Redis_one"]);
    }

    private static WebApplication Build(Action<IHostApplicationBuilder> configure, params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        configure(builder);
        return builder.Build();
    }
}
