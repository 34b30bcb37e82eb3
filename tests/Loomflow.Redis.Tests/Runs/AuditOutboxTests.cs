using System.Collections.Concurrent;
using Loomflow.Audit;
using Loomflow.Redis.Runs;

namespace Loomflow.Redis.Tests.Runs;

/// <summary>How the audit entries of many runs go out together.</summary>
public sealed class AuditOutboxTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly GatedLog _log = new();
    private AuditOutbox? _outbox;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _outbox?.Dispose();

    [Fact]
    public async Task Forward_WhileAnAppendIsUnderWay_SendsTheEntriesOfAllRunsInTheNextOne()
    {
        Open(linger: TimeSpan.Zero);
        var runs = Enumerable.Range(0, 20).Select(i => new TestRun(_outbox!, $"run-{i}")).ToList();
        runs[0].Forward(1);
        await _log.Reached.WaitAsync(s_patience, Cancel);

        foreach (var sequence in Enumerable.Range(1, 6))
        {
            foreach (var run in runs.Where(run => run != runs[0] || sequence > 1)) run.Forward(sequence);
        }

        _log.Open();
        await Task.WhenAll(runs.Select(run => run.Forwarder.WaitForAllAsync(urgent: false, Cancel))).WaitAsync(s_patience, Cancel);

        _log.Appends.Select(append => append.Count).ShouldBe([1, 119]);
        runs.ShouldAllBe(run => InOrder(run.Id, 1, 6));
        runs.ShouldAllBe(run => run.Events.All(e => e.AuditSequence == _log.Log.Query(new AuditQuery { RunId = run.Id }).Single(record => record.Entry.EventId == $"{run.Id}/{e.Sequence}").Sequence));
    }

    [Fact]
    public async Task WaitFor_SendsAtOnce_WhatNobodyWaitsForLingers()
    {
        _log.Open();
        Open(linger: TimeSpan.FromHours(1));
        var (patient, strict) = (new TestRun(_outbox!, "patient"), new TestRun(_outbox!, "strict"));

        patient.Forward(1);
        var ended = patient.Forwarder.WaitForAllAsync(urgent: false, Cancel);
        ended.IsCompleted.ShouldBeFalse();
        _log.Appends.ShouldBeEmpty();

        strict.Forward(1);
        await strict.Forwarder.WaitForAsync(1, Cancel).WaitAsync(s_patience, Cancel);

        // It takes along what lingers.
        await ended.WaitAsync(s_patience, Cancel);
        _log.Appends.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Forward_WithNobodyWaiting_SendsAfterTheLinger()
    {
        _log.Open();
        Open(linger: TimeSpan.FromMilliseconds(20));
        var run = new TestRun(_outbox!, "run");

        foreach (var sequence in Enumerable.Range(1, 10)) run.Forward(sequence);
        await run.Forwarder.WaitForAllAsync(urgent: false, Cancel).WaitAsync(s_patience, Cancel);

        InOrder("run", 1, 10).ShouldBeTrue();
    }

    [Fact]
    public async Task Append_WithAConflictInTheMiddle_StopsThatRunAndNoOther()
    {
        Open(linger: TimeSpan.Zero);
        await _log.Log.AppendAsync(new AuditEntry { EventId = "poisoned/3", Time = DateTimeOffset.UnixEpoch, Action = "other", Actor = "somebody" }, Cancel);
        var runs = new[] { "a", "b", "poisoned", "c", "d" }.Select(id => new TestRun(_outbox!, id)).ToList();
        runs[0].Forward(1);
        await _log.Reached.WaitAsync(s_patience, Cancel);
        foreach (var sequence in Enumerable.Range(1, 6))
        {
            foreach (var run in runs.Where(run => run != runs[0] || sequence > 1)) run.Forward(sequence);
        }

        var poisoned = runs[2].Forwarder.WaitForAllAsync(urgent: false, Cancel);
        _log.Open();

        (await Should.ThrowAsync<AuditConflictException>(() => poisoned.WaitAsync(s_patience, Cancel))).Message.ShouldContain("poisoned/3");
        foreach (var run in runs.Where(run => run.Id != "poisoned"))
        {
            await run.Forwarder.WaitForAllAsync(urgent: false, Cancel).WaitAsync(s_patience, Cancel);
            InOrder(run.Id, 1, 6).ShouldBeTrue();
        }

        InOrder("poisoned", 1, 2).ShouldBeTrue("what comes after the conflict is not appended");
        await Should.ThrowAsync<AuditConflictException>(() => runs[2].Forwarder.WaitForAsync(6, Cancel));
    }

    [Fact]
    public async Task Append_WithAnEntryThatIsRefusedForAWhile_HoldsUpThatRunAndKeepsItsOrder()
    {
        Open(linger: TimeSpan.Zero);
        _log.Refuses("slow/2", times: 3);
        var (slow, other) = (new TestRun(_outbox!, "slow"), new TestRun(_outbox!, "other"));
        other.Forward(1);
        await _log.Reached.WaitAsync(s_patience, Cancel);
        foreach (var sequence in Enumerable.Range(1, 8))
        {
            slow.Forward(sequence);
            if (sequence > 1) other.Forward(sequence);
        }

        _log.Open();
        await other.Forwarder.WaitForAllAsync(urgent: false, Cancel).WaitAsync(s_patience, Cancel);
        slow.Forward(9);
        await slow.Forwarder.WaitForAllAsync(urgent: true, Cancel).WaitAsync(s_patience, Cancel);

        InOrder("other", 1, 8).ShouldBeTrue();
        InOrder("slow", 1, 9).ShouldBeTrue();
        slow.Failures.Count.ShouldBe(3);
        other.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task Append_WithTheLogAwayAndBack_LosesNothingAndDoublesNothing()
    {
        _log.Open();
        _log.IsAway = true;
        Open(linger: TimeSpan.FromMilliseconds(1));
        var runs = Enumerable.Range(0, 10).Select(i => new TestRun(_outbox!, $"run-{i}")).ToList();

        await Task.WhenAll(runs.Select(run => Task.Run(
            () =>
            {
                foreach (var sequence in Enumerable.Range(1, 50)) run.Forward(sequence);
            },
            Cancel)));
        await _log.RefusedTwice.WaitAsync(s_patience, Cancel);
        _log.IsAway = false;

        await Task.WhenAll(runs.Select(run => run.Forwarder.WaitForAllAsync(urgent: true, Cancel))).WaitAsync(s_patience, Cancel);
        runs.ShouldAllBe(run => InOrder(run.Id, 1, 50));
        _log.Log.Count.ShouldBe(501, "and the record with which a log begins");
        _log.Log.Verify().IsIntact.ShouldBeTrue();
    }

    [Fact]
    public async Task Dispose_InTheMiddleOfABatch_TheNextOwnerForwardsTheRestAndNothingTwice()
    {
        Open(linger: TimeSpan.Zero);
        var first = new TestRun(_outbox!, "run");
        foreach (var sequence in Enumerable.Range(1, 10)) first.Forward(sequence);
        await _log.Reached.WaitAsync(s_patience, Cancel);
        _log.CarriesOutButLosesTheAnswer = true;
        _outbox!.Dispose();
        _log.Open();

        // The journal has what the first owner does not know to be audited.
        Open(linger: TimeSpan.Zero);
        _log.CarriesOutButLosesTheAnswer = false;
        var next = new TestRun(_outbox, "run", first.Events);
        foreach (var sequence in Enumerable.Range(1, 10)) next.Forward(sequence);
        await next.Forwarder.WaitForAllAsync(urgent: false, Cancel).WaitAsync(s_patience, Cancel);

        InOrder("run", 1, 10).ShouldBeTrue();
        next.Forwarder.Forwarded.ShouldBe(10);
    }

    [Fact]
    public async Task Dispose_OfARun_SendsNothingMoreOfItAndAllOfTheOthers()
    {
        Open(linger: TimeSpan.Zero);
        var (released, other) = (new TestRun(_outbox!, "released"), new TestRun(_outbox!, "other"));
        other.Forward(1);
        await _log.Reached.WaitAsync(s_patience, Cancel);
        released.Forward(1);
        other.Forward(2);
        released.Forwarder.Dispose();
        released.Forward(2);

        _log.Open();
        await other.Forwarder.WaitForAllAsync(urgent: false, Cancel).WaitAsync(s_patience, Cancel);

        _log.Log.Query().Select(record => record.Entry.EventId).ShouldBe(["other/1", "other/2"]);
    }

    private void Open(TimeSpan linger)
    {
        _outbox?.Dispose();
        _outbox = new AuditOutbox(_log, TimeProvider.System, linger);
    }

    private bool InOrder(string runId, int from, int to) =>
        _log.Log.Query(new AuditQuery { RunId = runId }).Select(record => record.Entry.EventId).SequenceEqual(Enumerable.Range(from, to - from + 1).Select(sequence => $"{runId}/{sequence}"));

    private sealed class TestRun
    {
        private readonly RunIdentity _run;

        public TestRun(AuditOutbox outbox, string id, IReadOnlyList<RunEvent>? journal = null)
        {
            _run = new RunIdentity { RunId = id, RootRunId = id, SessionId = "s", Name = "test" };
            Forwarder = new AuditForwarder(outbox, _run, audited: 0, Failures.Add);
            Events = [.. journal ?? []];
        }

        public string Id => _run.RunId;

        public AuditForwarder Forwarder { get; }

        public List<RunEvent> Events { get; }

        public ConcurrentBag<Exception> Failures { get; } = [];

        public void Forward(int sequence)
        {
            if (Events.Count < sequence) Events.Add(new StepStarted { Path = $"step-{sequence}" }.Stamp(_run, sequence, DateTimeOffset.UnixEpoch));
            Forwarder.Forward(Events[sequence - 1]);
        }
    }

    /// <summary>A log whose first append waits until it is opened, and that can be away or refuse an entry.</summary>
    private sealed class GatedLog : IAuditLog
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _refusedTwice = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (string EventId, int Times) _refuses = ("", 0);
        private int _refused;

        public InMemoryAuditLog Log { get; } = new();

        public ConcurrentQueue<IReadOnlyList<AuditEntry>> Appends { get; } = [];

        public Task Reached => _reached.Task;

        public Task RefusedTwice => _refusedTwice.Task;

        public bool IsAway { get; set; }

        public bool CarriesOutButLosesTheAnswer { get; set; }

        public void Open() => _open.TrySetResult();

        public void Refuses(string eventId, int times) => _refuses = (eventId, times);

        public ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async ValueTask<IReadOnlyList<AuditReceipt>> AppendAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken = default)
        {
            Appends.Enqueue(entries);
            _reached.TrySetResult();
            await _open.Task;
            if (IsAway)
            {
                if (++_refused == 2) _refusedTwice.TrySetResult();
                throw new AuditUnavailableException("away");
            }

            var receipts = new List<AuditReceipt>();
            foreach (var entry in entries)
            {
                if (entry.EventId == _refuses.EventId && _refuses.Times > 0)
                {
                    // Counted only where it is alone: that is where it is found.
                    if (entries.Count == 1) _refuses.Times--;
                    throw new ArgumentException("too large");
                }

                receipts.Add(await Log.AppendAsync(entry, CancellationToken.None));
            }

            return CarriesOutButLosesTheAnswer ? throw new OperationCanceledException(cancellationToken) : receipts;
        }
    }
}
