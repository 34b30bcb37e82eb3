using Loomflow.Redis.Budgets;
using Loomflow.Redis.Memory;
using Microsoft.Extensions.AI;
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
    }

    [Fact]
    public async Task AddRedisLimits_HoldsEveryAgentOfEveryHostToTheLimitsInConfiguration()
    {
        var user = $"user-{Guid.NewGuid():n}";
        (string, string)[] settings = [("UserLimits:Budget:MaxOutputTokens", "600"), ("UserLimits:Rate:PerSecond", "1000"), ("UserLimits:Rate:Burst", "100")];
        using var worker = Host("p", settings).Build();
        using var another = Host("p", settings).Build();
        worker.Services.GetRequiredService<IRateLimiter>().ShouldBeOfType<RedisRateLimiter>();
        worker.Services.GetRequiredService<UserLimits>().Rate.ShouldBe(new RateLimit("model_calls", 1_000, 100));
        async Task<string?> RunAsync(IHost host) => (await new Agent("x", Models.Scripted(_ => ScriptedTurn.Say("ok") with { Usage = new UsageDetails { OutputTokenCount = 200 } }))
            .RunAsync("go", new RunOptions { UserId = user, Services = host.Services }, Cancellation)).StopDetail;

        // 256 are expected: the third time there is no room for as many.
        (await RunAsync(worker)).ShouldBeNull();
        (await RunAsync(another)).ShouldBeNull();
        (await RunAsync(worker)).ShouldBe("user_max_output_tokens");
        (await another.Services.GetRequiredService<IBudgetLedger>().GetSpentAsync(PartitionKey.Named(user), TimeSpan.FromDays(1), Cancellation)).OutputTokens.ShouldBe(400);
    }

    [Fact]
    public async Task Memories_InConfiguration_AreKnownByTheirNamesAndApart()
    {
        using var host = Host($"test:{Guid.NewGuid():n}", ("Memories:research:UseSearchModule", "false"), ("Memories:drafts:KeyPrefix", $"test:{Guid.NewGuid():n}")).Build();
        var (own, research) = (host.Services.GetRequiredService<IMemory>(), SharedMemory.Named("research").Find(host.Services));
        var user = PartitionKey.Named($"user-{Guid.NewGuid():n}");
        await research.SetBlockAsync(user, "topic", "tides", Cancellation);

        (await own.GetBlocksAsync(user, Cancellation)).ShouldBeEmpty();
        (await SharedMemory.Named("drafts").Find(host.Services).GetBlocksAsync(user, Cancellation)).ShouldBeEmpty();
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation)).Entries.Keys.Order().ShouldBe(["memory", "memory:drafts", "memory:research"]);
        Should.Throw<InvalidOperationException>(() => SharedMemory.Named("plans").Find(host.Services)).Message.ShouldContain("Memories:plans");
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
    public async Task FactExtractor_Registered_LearnsFromWhatIsRemembered_BeforeTheHostHasStopped()
    {
        var prefix = $"test:{Guid.NewGuid():n}";
        var builder = Host(prefix, ("Memory:Extraction:Concurrency", "1"));
        builder.Services.AddSingleton<IFactExtractor, SlowFact>();
        using var host = builder.Build();
        await host.StartAsync(Cancellation);
        var memory = host.Services.GetRequiredService<IMemory>();
        for (var i = 0; i < 3; i++) await memory.RememberAsync(PartitionKey.Anonymous, NewEpisode(i), Cancellation);
        SlowFact.Of(host).Begin.SetResult();

        await host.StopAsync(Cancellation);

        using var next = Host(prefix).Build();
        (await next.Services.GetRequiredService<IMemory>().GetProfileAsync(PartitionKey.Anonymous, Cancellation)).Facts.ShouldBe(3);
    }

    [Fact]
    public async Task HealthCheck_FactsThatCouldNotBeTaken_AreADegradation()
    {
        var builder = Host($"test:{Guid.NewGuid():n}");
        builder.Services.AddSingleton<IFactExtractor, SlowFact>();
        using var host = builder.Build();
        await host.StartAsync(Cancellation);
        await host.Services.GetRequiredService<IMemory>().RememberAsync(PartitionKey.Anonymous, NewEpisode(SlowFact.Bad), Cancellation);
        SlowFact.Of(host).Begin.SetResult();
        await host.StopAsync(Cancellation);

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);

        report.Status.ShouldBe(HealthStatus.Degraded);
        report.Entries["memory"].Description!.ShouldContain(nameof(FormatException));
        report.Entries["memory"].Data["factsFailed"].ShouldBe(1L);
    }

    private static Episode NewEpisode(int number) => new() { SessionId = $"s{number}", OccurredAt = DateTimeOffset.UtcNow, Input = $"I like tea {number}", Output = "Noted." };

    private HostApplicationBuilder Host(string prefix, params (string Key, string Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Memory:KeyPrefix"] = prefix,
            ["Memory:Bounds:MaxBlocks"] = "1",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)));
        builder.Services.AddSingleton(redis.Connection);
        builder.AddRedisMemory();
        builder.AddRedisLimits();
        return builder;
    }

    private sealed class SlowFact : IFactExtractor
    {
        public const int Bad = 13;

        public TaskCompletionSource Begin { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static SlowFact Of(IHost host) => (SlowFact)host.Services.GetRequiredService<IFactExtractor>();

        public async ValueTask<IReadOnlyList<ExtractedFact>> ExtractAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default)
        {
            await Begin.Task.WaitAsync(cancellationToken);
            return episode.SessionId == $"s{Bad}" ? throw new FormatException("no JSON") : [new ExtractedFact("user", $"likes in {episode.SessionId}", "tea")];
        }
    }
}
