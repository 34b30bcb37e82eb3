using Loomflow.Redis.Tests.Memory;
using Loomflow.Redis.Workers;
using Microsoft.Extensions.Options;

namespace Loomflow.Redis.Tests.Workers;

/// <summary>On a server in cluster mode, which refuses scripts over several slots.</summary>
public class WorkerDirectoryTests(MemoryCluster redis) : IClassFixture<MemoryCluster>
{
    private readonly string _step = $"step-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Find_GivesTheLiveReplicasThatHostTheStep()
    {
        var directory = Directory();
        await directory.AnnounceAsync(Replica("one", 3, _step, "other"));
        await directory.AnnounceAsync(Replica("two", 0, _step));
        await directory.AnnounceAsync(Replica("three", 0, "other"));

        var found = await Directory().FindAsync(_step, Cancellation);

        found.Select(replica => replica.Id).Order().ShouldBe([Id("one"), Id("two")]);
        var one = found.Single(replica => replica.Id == Id("one"));
        one.Load.ShouldBe(3);
        one.Capacity.ShouldBe(8);
        one.Address.ShouldBe(new Uri("http://one:8081"));
        one.Version.ShouldBe("1.0");
    }

    [Fact]
    public async Task Announcing_Again_RenewsWhatIsKnown()
    {
        var directory = Directory();
        await directory.AnnounceAsync(Replica("one", 1, _step));
        await directory.AnnounceAsync(Replica("one", 5, _step));

        (await Directory().FindAsync(_step, Cancellation)).ShouldHaveSingleItem().Load.ShouldBe(5);
    }

    [Fact]
    public async Task Removed_IsGoneAtOnceForWhoeverWatches()
    {
        var directory = Directory();
        await directory.AnnounceAsync(Replica("one", 0, _step));
        var watching = Directory(refresh: TimeSpan.FromHours(1));
        var changed = await watching.WatchAsync();
        (await watching.FindAsync(_step, Cancellation)).Count.ShouldBe(1);

        await directory.RemoveAsync(Id("one"));
        while ((await watching.FindAsync(_step, Cancellation)).Count > 0)
        {
            await changed.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            changed = await watching.WatchAsync();
        }
    }

    [Fact]
    public async Task NewReplica_IsAnnouncedToWhoeverWatches()
    {
        var watching = Directory(refresh: TimeSpan.FromHours(1));
        var changed = await watching.WatchAsync();
        (await watching.FindAsync(_step, Cancellation)).ShouldBeEmpty();

        await Directory().AnnounceAsync(Replica("one", 0, _step));
        while ((await watching.FindAsync(_step, Cancellation)).Count == 0)
        {
            await changed.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            changed = await watching.WatchAsync();
        }
    }

    [Fact]
    public async Task Replica_ThatStopsAnnouncing_IsDeadAfterItsTimeAndForgottenLater()
    {
        var directory = Directory(timeToLive: TimeSpan.FromMilliseconds(100));
        await directory.AnnounceAsync(Replica("one", 0, _step));
        while ((await directory.ListAsync()).Any(replica => replica.Id == Id("one"))) Cancellation.ThrowIfCancellationRequested();

        // Whoever announces itself clears away what has been dead for ten times as long.
        while (await redis.Connection.GetDatabase().HashExistsAsync("loom:{workers}:replicas", Id("one")))
        {
            Cancellation.ThrowIfCancellationRequested();
            await directory.AnnounceAsync(Replica("two", 0, "other"));
        }
    }

    [Fact]
    public async Task Find_UsesItsCopyUntilItIsOld()
    {
        var directory = Directory(refresh: TimeSpan.FromHours(1));
        (await directory.FindAsync(_step, Cancellation)).ShouldBeEmpty();
        await Directory().AnnounceAsync(Replica("one", 0, _step));

        (await directory.FindAsync(_step, Cancellation)).ShouldBeEmpty();
        (await Directory(refresh: TimeSpan.FromHours(1)).FindAsync(_step, Cancellation)).Count.ShouldBe(1);
    }

    private WorkerDirectory Directory(TimeSpan? timeToLive = null, TimeSpan? refresh = null) => new(
        redis.Connection,
        TimeProvider.System,
        Options.Create(new WorkerDirectoryOptions { TimeToLive = timeToLive ?? TimeSpan.FromMinutes(1), Refresh = refresh ?? TimeSpan.FromMilliseconds(10) }));

    private string Id(string name) => $"{name}-{_step}";

    private WorkerReplica Replica(string name, int load, params string[] hosts) => new()
    {
        Id = Id(name), Address = new Uri($"http://{name}:8081"), Version = "1.0", Capacity = 8, Load = load, Hosts = hosts,
    };
}
