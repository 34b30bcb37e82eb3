using Loomflow.Redis.Budgets;
using Loomflow.Redis.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Loomflow.Redis.Tests.Memory;

public class RedisMemoryExtensionsTests(MemoryRedis redis) : IClassFixture<MemoryRedis>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddRedisMemory_ReadsItsSettings_AndShares()
    {
        var prefix = $"test:{Guid.NewGuid():n}";
        using var worker = Host(prefix).Build();
        using var another = Host(prefix).Build();
        await worker.Services.GetRequiredService<IMemory>().SetBlockAsync(PartitionKey.Anonymous, "menu", "soup", Cancellation);

        var memory = another.Services.GetRequiredService<IMemory>();

        (await memory.GetBlocksAsync(PartitionKey.Anonymous, Cancellation)).ShouldHaveSingleItem().Content.ShouldBe("soup");
        await Should.ThrowAsync<MemoryLimitException>(async () => await memory.SetBlockAsync(PartitionKey.Anonymous, "second", "", Cancellation));
        another.Services.GetRequiredService<IBudgetLedger>().ShouldBeOfType<RedisBudgetLedger>();
        another.Services.GetRequiredService<IRateLimiter>().ShouldBeOfType<RedisRateLimiter>();
    }

    [Fact]
    public async Task HealthCheck_SaysHowRecallWorks()
    {
        using var host = Host($"test:{Guid.NewGuid():n}").Build();

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);

        report.Status.ShouldBe(HealthStatus.Healthy);
        report.Entries["memory"].Data["recall"].ShouldBe(nameof(RecallMode.InProcessIndex));
    }

    [Fact]
    public async Task FactExtractor_Registered_LearnsFromWhatIsRemembered_BeforeTheHostHasGone()
    {
        var prefix = $"test:{Guid.NewGuid():n}";
        var builder = Host(prefix);
        builder.Services.AddSingleton<IFactExtractor, OneFact>();
        var host = builder.Build();
        var memory = host.Services.GetRequiredService<IMemory>();
        await memory.RememberAsync(
            PartitionKey.Anonymous, new Episode { SessionId = "s1", OccurredAt = DateTimeOffset.UtcNow, Input = "I like tea", Output = "Noted." }, Cancellation);
        await ((IAsyncDisposable)host).DisposeAsync();

        using var next = Host(prefix).Build();
        (await next.Services.GetRequiredService<IMemory>().RecallFactsAsync(PartitionKey.Anonymous, new FactQuery("tea"), Cancellation))
            .ShouldHaveSingleItem().Item.Object.ShouldBe("tea");
    }

    private HostApplicationBuilder Host(string prefix)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Memory:KeyPrefix"] = prefix,
            ["Memory:Bounds:MaxBlocks"] = "1",
        });
        builder.Services.AddSingleton(redis.Connection);
        builder.AddRedisMemory();
        return builder;
    }

    private sealed class OneFact : IFactExtractor
    {
        public ValueTask<IReadOnlyList<ExtractedFact>> ExtractAsync(Episode episode, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<ExtractedFact>>([new ExtractedFact("user", "likes", "tea")]);
    }
}
