using Loomflow.Redis.Runs;
using Loomflow.Redis.Tests.Memory;

namespace Loomflow.Redis.Tests.Runs;

/// <summary>Appends of many runs at the same time, on a server in cluster mode, which refuses scripts over several slots.</summary>
public sealed class JournalGroupTests(MemoryCluster redis) : IClassFixture<MemoryCluster>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_OfManyRunsAtOnce_KeepsEachOnesOrderAndRefusesOnlyWhatIsFenced()
    {
        var store = Store();
        var runs = Enumerable.Range(0, 40).Select(_ => new RunIdentity { RunId = RunIdentity.NewRunId(), RootRunId = "root", SessionId = "s", Name = "test" }).ToList();
        await Task.WhenAll(runs.Select(run => CreateAsync(store, run)));

        // Every fourth writes under an epoch that is over.
        var outcomes = await Task.WhenAll(runs.Select((run, i) => Task.Run(() => WriteAsync(store, run, i % 4 == 0 ? 0 : 1), Cancel))).WaitAsync(TimeSpan.FromMinutes(1), Cancel);

        for (var i = 0; i < runs.Count; i++)
        {
            var journal = new List<RunEvent>();
            await foreach (var runEvent in store.ReadAsync(runs[i].RunId, 0, Cancel)) journal.Add(runEvent);
            outcomes[i].ShouldBe(i % 4 == 0 ? typeof(RunFencedException) : null);
            journal.Select(runEvent => (runEvent.Sequence, runEvent.Path)).ShouldBe(i % 4 == 0 ? [] : Enumerable.Range(1, 20).Select(sequence => ((long)sequence, $"step-{sequence}")));
            (await store.GetAsync(runs[i].RunId))!.Sequence.ShouldBe(i % 4 == 0 ? 0 : 20);
        }
    }

    [Fact]
    public async Task Append_ASecondTimeBecauseTheAnswerWasLost_ChangesNothing()
    {
        var store = Store();
        var run = new RunIdentity { RunId = RunIdentity.NewRunId(), RootRunId = "root", SessionId = "s", Name = "test" };
        await CreateAsync(store, run);
        JournalEntry[] entries = [Entry(run, 1), Entry(run, 2)];

        await store.AppendAsync(run.RunId, 1, entries, ("reason", "first"));
        await store.AppendAsync(run.RunId, 1, entries, ("reason", "first"));
        await store.AppendAsync(run.RunId, 1, [Entry(run, 3)]);

        var journal = new List<long>();
        await foreach (var runEvent in store.ReadAsync(run.RunId, 1, Cancel)) journal.Add(runEvent.Sequence);
        journal.ShouldBe([2, 3]);
        (await store.GetAsync(run.RunId))!.ShouldSatisfyAllConditions(record => record.Sequence.ShouldBe(3), record => record.Progress.ShouldBe(1), record => record.Reason.ShouldBe("first"));
    }

    private RedisRunStore Store() => new(redis.Connection, TimeProvider.System, new GroupCommit(redis.Connection));

    private static async Task CreateAsync(RedisRunStore store, RunIdentity run)
    {
        await store.CreateAsync(new RunHeader { Run = run, Workflow = "test", Definition = "d", CreatedAt = DateTimeOffset.UnixEpoch });
        (await store.AcquireAsync(run.RunId, "1-1")).Epoch.ShouldBe(1);
    }

    private static async Task<Type?> WriteAsync(RedisRunStore store, RunIdentity run, long epoch)
    {
        try
        {
            for (var sequence = 1; sequence <= 20; sequence++) await store.AppendAsync(run.RunId, epoch, [Entry(run, sequence)]);
            return null;
        }
        catch (RunFencedException fenced)
        {
            return fenced.GetType();
        }
    }

    private static JournalEntry Entry(RunIdentity run, long sequence) => JournalEntry.Of(new StepStarted { Path = $"step-{sequence}" }.Stamp(run, sequence, DateTimeOffset.UnixEpoch));
}
