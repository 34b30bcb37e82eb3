using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;
using Loomflow.Testing;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>What an owner may take for granted of its lease, by its own clock.</summary>
public sealed class RunLeaseTests(RedisFixture fixture) : IAsyncLifetime
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private ConnectionMultiplexer _redis = null!;
    private RunQueue _queue = null!;
    private string _entry = null!;
    private int _lost;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _redis = await ConnectionMultiplexer.ConnectAsync(fixture.Redis.NewDatabase());
        _queue = Queue("one");
        await _queue.PrepareAsync();
        await _queue.AddAsync("run_1");
        _entry = (await _queue.TakeAsync(1)).Single().Entry;
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Ensure_WhileRenewalsCome_AsksNobody()
    {
        var lease = Taken();
        for (var renewal = 0; renewal < 10; renewal++)
        {
            _time.Advance(s_lease / 3);
            lease.IsCertain.ShouldBeTrue();
            lease.Renewed(_time.GetTimestamp());
        }

        await _redis.DisposeAsync();
        await lease.EnsureAsync(Cancelled);
    }

    [Fact]
    public async Task Ensure_AfterStandingStill_RenewsWhatNobodyHasTaken()
    {
        var lease = Taken();
        _time.Advance(s_lease * 2);
        lease.IsCertain.ShouldBeFalse();

        await lease.EnsureAsync(Cancelled);

        lease.IsCertain.ShouldBeTrue();
        _lost.ShouldBe(0);
    }

    [Fact]
    public async Task Ensure_AfterStandingStillWhileAnotherTookTheRunOver_SaysSoAndLetsNothingBegin()
    {
        var lease = Taken();
        _time.Advance(s_lease * 2);
        (await Queue("two").TakeOverAsync(TimeSpan.Zero, 1)).Single().RunId.ShouldBe("run_1");
        using var work = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        var ensured = lease.EnsureAsync(work.Token).AsTask();
        await Replica.UntilAsync(() => Task.FromResult(Volatile.Read(ref _lost) == 1), Cancelled);
        ensured.IsCompleted.ShouldBeFalse();

        await work.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(ensured);
    }

    [Fact]
    public async Task Acknowledge_OfAnEntryThatWasTakenOver_LeavesItToItsNextOwner()
    {
        var (two, three) = (Queue("two"), Queue("three"));
        (await two.TakeOverAsync(TimeSpan.Zero, 1)).Single().Entry.ShouldBe(_entry);

        await _queue.AcknowledgeAsync(_entry);
        (await two.RenewAsync([_entry])).ShouldBe([_entry]);
        (await three.TakeOverAsync(TimeSpan.Zero, 1)).Single().RunId.ShouldBe("run_1");

        await three.AcknowledgeAsync(_entry);
        (await two.TakeOverAsync(TimeSpan.Zero, 1)).ShouldBeEmpty();
        (await _queue.DepthAsync()).ShouldBe(new QueueDepth(0, 0, 0));
    }

    private RunLease Taken() => new(_queue, _entry, s_lease, _time.GetTimestamp(), _time, () => Interlocked.Increment(ref _lost));

    private RunQueue Queue(string consumer) => new(_redis, consumer, _time, new GroupCommit(_redis));
}
