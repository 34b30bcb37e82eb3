using Loomflow.Redis.Memory;
using Microsoft.Extensions.AI;
using StackExchange.Redis;

namespace Loomflow.Redis.Tests.Memory;

public class RedisMemoryTests(MemoryRedis redis) : RedisMemoryConformance(redis), IClassFixture<MemoryRedis>
{
    [Fact]
    public async Task Remember_TakesOneRoundTrip_AndSessionMessagesAndRecallNoScan()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("warm up"), Cancellation);
        await memory.RecallAsync(Alice, new RecallQuery("warm"), Cancellation);
        await memory.GetSessionAsync(Alice, "s1", 10, Cancellation);
        await memory.LearnAsync(Alice, NewFact("alice", "likes", "milk"), Cancellation);

        (await RoundTripsAsync(() => memory.RememberAsync(Alice, NewEpisode("soup"), Cancellation).AsTask())).ShouldBe(1);
        (await RoundTripsAsync(() => memory.GetSessionAsync(Alice, "s1", 10, Cancellation).AsTask())).ShouldBe(1);
        (await RoundTripsAsync(() => memory.RecallAsync(Alice, new RecallQuery("soup"), Cancellation).AsTask())).ShouldBe(2);
        (await RoundTripsAsync(() => memory.RecallFactsAsync(Alice, new FactQuery("milk"), Cancellation).AsTask())).ShouldBe(1);
        (await RoundTripsAsync(() => memory.LearnAsync(Alice, NewFact("alice", "likes", "tea"), Cancellation).AsTask())).ShouldBe(2);
        (await RoundTripsAsync(() => memory.GetBlocksAsync(Alice, Cancellation).AsTask())).ShouldBe(1);
    }

    [Fact]
    public async Task AllOperations_NeverScan()
    {
        var memory = Open();
        var commands = await MonitorAsync(async () =>
        {
            await memory.RememberAsync(Alice, NewEpisode("soup"), Cancellation);
            await memory.LearnAsync(Alice, NewFact("alice", "likes", "tea"), Cancellation);
            await memory.SetBlockAsync(Alice, "menu", "soup", Cancellation);
            await memory.RecallAsync(Alice, new RecallQuery("soup"), Cancellation);
            await memory.RecallAsync(Alice, new RecallQuery(""), Cancellation);
            await memory.RecallFactsAsync(Alice, new FactQuery("tea"), Cancellation);
            await memory.GetProfileAsync(Alice, Cancellation);
            await memory.ExportAsync(Alice, Cancellation);
            await memory.ForgetAsync(Alice, new ForgetScope { Before = Time.GetUtcNow() }, Cancellation);
            await memory.ForgetAsync(Alice, null, Cancellation);
        });

        commands.Count.ShouldBeGreaterThan(20);
        commands.ShouldNotContain(line => line.Contains("scan\"", StringComparison.OrdinalIgnoreCase) || line.Contains("\"keys\"", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Forget_Everything_LeavesNoKey()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("soup"), Cancellation);
        await memory.LearnAsync(Alice, NewFact("alice", "likes", "tea"), Cancellation);
        await memory.SetBlockAsync(Alice, "menu", "soup", Cancellation);
        await memory.SetBlockAsync(Bob, "menu", "soup", Cancellation);

        await memory.ForgetAsync(Alice, null, Cancellation);

        (await KeysAsync()).ShouldAllBe(key => key.StartsWith($"{Prefix}:{{u:bob}}:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task IdleRetention_EveryKeyExpires_AndIsRenewedByEachWrite()
    {
        var memory = Open(new MemoryOptions { IdleRetention = TimeSpan.FromHours(2), EpisodeRetention = TimeSpan.FromHours(1) });
        await memory.RememberAsync(Alice, NewEpisode("soup"), Cancellation);
        await memory.LearnAsync(Alice, NewFact("alice", "likes", "tea"), Cancellation);
        await memory.SetBlockAsync(Alice, "menu", "soup", Cancellation);

        var database = Redis.Connection.GetDatabase();
        var keys = await KeysAsync();
        keys.Count.ShouldBeGreaterThan(8);
        foreach (var key in keys)
        {
            var kept = key.Contains(":ep", StringComparison.Ordinal) || key.EndsWith(":session", StringComparison.Ordinal) ? 1 : 2;
            (await database.KeyTimeToLiveAsync(key)).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromHours(kept - 0.5), TimeSpan.FromHours(kept));
        }
    }

    [Fact]
    public async Task IdleRetention_TakenBack_KeysStay()
    {
        var expiring = Open(new MemoryOptions { IdleRetention = TimeSpan.FromHours(2) });
        await expiring.SetBlockAsync(Alice, "menu", "soup", Cancellation);
        await Open().SetBlockAsync(Alice, "menu", "bread", Cancellation);

        foreach (var key in await KeysAsync()) (await Redis.Connection.GetDatabase().KeyTimeToLiveAsync(key)).ShouldBeNull();
    }

    [Fact]
    public async Task Recall_WhenTheServerExpiredEverything_GivesNothing()
    {
        var memory = Open(new MemoryOptions { IdleRetention = TimeSpan.FromMilliseconds(50) });
        await memory.RememberAsync(Alice, NewEpisode("soup"), Cancellation);
        await memory.RecallAsync(Alice, new RecallQuery("soup"), Cancellation);
        var deadline = Environment.TickCount64 + 30_000;
        while ((await KeysAsync()).Count > 0 && Environment.TickCount64 < deadline) await Task.Delay(10, Cancellation);

        (await Inputs(memory, Alice, new RecallQuery("soup"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Recall_AfterMoreChangesThanTheLogHolds_ReadsEverythingAgain()
    {
        var reader = Open();
        await reader.RecallAsync(Alice, new RecallQuery("parcel"), Cancellation);
        var writer = Open();
        await writer.RememberAsync(Alice, NewEpisode("parcel first"), Cancellation);
        (await Inputs(reader, Alice, new RecallQuery("parcel"))).ShouldHaveSingleItem();
        await writer.ForgetAsync(Alice, new ForgetScope { SessionId = "s1" }, Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 1_200).Select(i => writer.RememberAsync(Alice, NewEpisode($"parcel {i}"), Cancellation).AsTask()));

        (await Inputs(reader, Alice, new RecallQuery("parcel", 1_000) { Alpha = 0 })).Length.ShouldBe(1_000);
        (await Inputs(reader, Alice, new RecallQuery("first") { Alpha = 0 })).ShouldBeEmpty();
        var log = await Redis.Connection.GetDatabase().SortedSetLengthAsync($"{Prefix}:{{u:alice}}:log");
        log.ShouldBe(1_000);
    }

    [Fact]
    public async Task IndexCache_TooSmallForTwoUsers_StillAnswersBoth()
    {
        var memory = Open(new RedisMemoryOptions { IndexCacheBytes = 1 });
        foreach (var partition in (PartitionKey[])[Alice, Bob, Alice, Bob])
        {
            await memory.RememberAsync(partition, NewEpisode($"soup of {partition}"), Cancellation);
            (await Inputs(memory, partition, new RecallQuery("soup"))).ShouldAllBe(input => input == $"soup of {partition}");
        }

        memory.CachedIndexes.ShouldBe(1);
    }

    [Fact]
    public async Task IndexCache_NotUsedForLong_IsDropped()
    {
        var memory = Open(new RedisMemoryOptions { IndexCacheIdle = TimeSpan.FromMinutes(1) });
        await memory.RememberAsync(Alice, NewEpisode("soup"), Cancellation);
        await Inputs(memory, Alice, new RecallQuery("soup"));
        memory.CachedIndexes.ShouldBe(1);

        Time.Advance(TimeSpan.FromMinutes(2));

        memory.CachedIndexes.ShouldBe(0);
        (await Inputs(memory, Alice, new RecallQuery("soup"))).ShouldBe(["soup"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Forget_ByAnotherProcess_DropsTheIndexHere(bool everything)
    {
        var (here, elsewhere) = (Open(new RedisMemoryOptions()), Open(new RedisMemoryOptions()));
        await here.RememberAsync(Alice, NewEpisode("soup"), Cancellation);
        await here.RememberAsync(Bob, NewEpisode("soup"), Cancellation);
        await Inputs(here, Alice, new RecallQuery("soup"));
        await Inputs(here, Bob, new RecallQuery("soup"));
        here.CachedIndexes.ShouldBe(2);

        await elsewhere.ForgetAsync(Alice, everything ? null : new ForgetScope { SessionId = "s1" }, Cancellation);

        var deadline = Environment.TickCount64 + 30_000;
        while (here.CachedIndexes > 1 && Environment.TickCount64 < deadline) await Task.Delay(5, Cancellation);
        here.CachedIndexes.ShouldBe(1);
        (await Inputs(here, Alice, new RecallQuery("soup"))).ShouldBeEmpty();
        (await Inputs(here, Bob, new RecallQuery("soup"))).ShouldBe(["soup"]);
    }

    [Fact]
    public async Task Embedder_Another_DoesNotCompareItsVectorsWithThoseOfTheFirst()
    {
        await Open(embedder: new HashEmbedder()).RememberAsync(Alice, NewEpisode("subscriptions cancelled", "ok"), Cancellation);
        var query = new RecallQuery("subscription cancellation") { Alpha = 1 };

        (await Inputs(Open(embedder: new HashEmbedder()), Alice, query)).ShouldHaveSingleItem();
        (await Inputs(Open(embedder: new HashEmbedder(256)), Alice, query)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Mode_OnPlainRedis_IsTheIndexInProcess()
    {
        var memory = Open(new RedisMemoryOptions());
        memory.Mode.ShouldBeNull();

        (await memory.GetModeAsync(Cancellation)).ShouldBe(RecallMode.InProcessIndex);
        memory.Mode.ShouldBe(RecallMode.InProcessIndex);
    }

    [Fact]
    public async Task Unreachable_SaysSo()
    {
        var options = ConfigurationOptions.Parse($"{Redis.Server.Endpoint},abortConnect=false,syncTimeout=500,asyncTimeout=500");
        options.EndPoints.Clear();
        options.EndPoints.Add("127.0.0.1", Loomflow.Testing.FreePort.Next());
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        using var memory = new RedisMemory(connection);

        await Should.ThrowAsync<MemoryUnavailableException>(async () => await memory.RememberAsync(Alice, NewEpisode("soup"), Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a{b")]
    public void KeyPrefix_ThatWouldBreakTheHashTag_IsRefused(string prefix) =>
        Should.Throw<ArgumentException>(() => new RedisMemory(Redis.Connection, new RedisMemoryOptions { KeyPrefix = prefix }));

    private async Task<int> RoundTripsAsync(Func<Task> call) =>
        (await MonitorAsync(call)).Count(line => !line.Contains(" lua]", StringComparison.Ordinal));

    /// <summary>The commands that the server saw meanwhile, those inside scripts included.</summary>
    private Task<IReadOnlyList<string>> MonitorAsync(Func<Task> call) => RedisMonitor.WatchAsync(Redis, call, Cancellation);

    private async Task<IReadOnlyList<string>> KeysAsync() =>
        (string[])(await Redis.Connection.GetDatabase().ExecuteAsync("KEYS", $"{Prefix}*"))!;
}
