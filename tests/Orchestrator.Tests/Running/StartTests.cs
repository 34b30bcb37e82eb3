using System.Collections.Concurrent;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Audit;
using Loomflow.Redis.Runs;
using Loomflow.Testing;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>A key of the caller's makes a start one that can be repeated.</summary>
public sealed class StartTests(RedisFixture fixture)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(5);

    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly ConcurrentQueue<int> _begun = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_TwiceWithOneKey_IsOneRun()
    {
        await using var replica = await StartAsync();
        var start = Keyed();

        var first = await replica.Runs.StartAsync(start);
        var second = await replica.Runs.StartAsync(start);
        var other = await replica.Runs.StartAsync(start with { UserId = "bob" });

        second.Header.Run.RunId.ShouldBe(first.Header.Run.RunId);
        other.Header.Run.RunId.ShouldNotBe(first.Header.Run.RunId);
        await ShouldBeReusedAsync(replica.Runs.StartAsync(start with { Input = Payload.Of(2) }));
        await replica.EndOfAsync(first, Cancelled);
        await replica.EndOfAsync(other, Cancelled);
        _begun.ShouldBe([1, 1]);
    }

    [Fact]
    public async Task Start_OfTwoRunsWithOneKeyAtTheSameTime_TakesOneAndRefusesTheOther()
    {
        await using var replica = await StartAsync();
        for (var i = 0; i < 50; i++)
        {
            var start = Keyed();
            var starts = await Task.WhenAll(new[] { 1, 2 }.Select(input => Task.Run(() => TryStartAsync(replica, start with { Input = Payload.Of(input) }), Cancelled)));

            var taken = starts.OfType<RunRecord>().ShouldHaveSingleItem();
            (await replica.EndOfAsync(taken, Cancelled)).Output.ShouldBe(taken.Header.Input);
        }
    }

    [Fact]
    public async Task Start_OfARunWhoseTimerWasNeverSet_SetsItWhenItIsRepeated()
    {
        await using var replica = await StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_redis);
        var start = Keyed() with { StartAt = DateTimeOffset.UtcNow.AddHours(1) };
        var run = (await replica.Runs.StartAsync(start)).Header.Run.RunId;

        // As if whoever accepted it had stopped after it wrote the record.
        (await connection.GetDatabase().SortedSetRemoveAsync("loom:{queue}:timers", run)).ShouldBeTrue();
        await replica.Runs.StartAsync(start);

        (await connection.GetDatabase().SortedSetScoreAsync("loom:{queue}:timers", run)).ShouldBe(start.StartAt!.Value.ToUnixTimeMilliseconds());
    }

    private Task<Replica> StartAsync() => Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, Workflow.Chain("keyed", Step.Of((int n) =>
    {
        _begun.Enqueue(n);
        return n;
    }, "same")));

    private static StartRun Keyed() => new() { Workflow = "keyed", Input = Payload.Of(1), UserId = "alice", IdempotencyKey = Guid.NewGuid().ToString() };

    private static async Task<RunRecord?> TryStartAsync(Replica replica, StartRun start)
    {
        try
        {
            return await replica.Runs.StartAsync(start);
        }
        catch (RunRefusedException refused) when (refused.Refusal == RunRefusal.KeyReused)
        {
            return null;
        }
    }

    private static async Task ShouldBeReusedAsync(Task<RunRecord> start) =>
        (await Should.ThrowAsync<RunRefusedException>(() => start)).Refusal.ShouldBe(RunRefusal.KeyReused);
}
