using System.Diagnostics;
using Loomflow.Audit;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>
/// One run while this orchestrator owns it: goes on from the journal, drives it until it ends or waits, has every entry audited, and
/// gives the queue entry back last of all. Whatever happens in between, the next owner finds everything in Redis.
/// </summary>
internal sealed partial class OwnedRun
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _release;
    private readonly QueuedRun _queued;
    private readonly OwnedRunServices _services;
    private readonly RunMail _mail;
    private readonly ILogger _logger;

    /// <param name="queued">What the queue handed out.</param>
    /// <param name="asked">When the queue was asked, as a timestamp of the services' clock.</param>
    /// <param name="services">What owning a run takes.</param>
    /// <param name="logger">The log.</param>
    /// <param name="release">Has the run go on elsewhere.</param>
    public OwnedRun(QueuedRun queued, long asked, OwnedRunServices services, ILogger logger, CancellationToken release)
    {
        (_queued, _services, _logger) = (queued, services, logger);
        _release = CancellationTokenSource.CreateLinkedTokenSource(release);
        _mail = new RunMail(services.Store, queued.RunId, services.Time, _release.Token);
        Lease = new RunLease(services.Queue, queued.Entry, services.Options.Lease, asked, services.Time, Release);
    }

    public string RunId => _queued.RunId;

    /// <summary>The queue entry that stands for ownership.</summary>
    public string Entry => _queued.Entry;

    /// <summary>How long that ownership lasts.</summary>
    public RunLease Lease { get; }

    /// <summary>The entering of the run that comes before this one, where runs of its workflow have to be entered in order.</summary>
    public Task Before { get; init; } = Task.CompletedTask;

    /// <summary>Ends when the run has the place that it needs, or stands in line for one.</summary>
    public Task Entered => _entered.Task;

    /// <summary>Stops work on the run without ending it; another owner goes on.</summary>
    public void Release() => _release.Cancel();

    /// <summary>Works on the run until it has ended, waits, or is another's.</summary>
    public async Task RunAsync()
    {
        using var scope = _logger.BeginScope(new RunLogScope(_queued.RunId));
        try
        {
            await OwnAsync();
        }
        catch (RunFencedException fenced)
        {
            LogFenced(fenced.Message);
        }
        catch (OperationCanceledException) when (_release.IsCancellationRequested)
        {
            LogReleased();
        }
        catch (Exception failure)
        {
            // The entry stays pending: whoever takes it over after the lease tries again.
            LogFailed(failure);
        }
        finally
        {
            _entered.TrySetResult();
            _release.Dispose();
        }
    }

    /// <summary>Looks into the inbox.</summary>
    public Task ReadMailAsync() => _mail.ReadAsync();

    private async Task OwnAsync()
    {
        // Whoever accepted the run creates its record as a rule; limits are looked up in it.
        if (_services.Places.HasLimits) await CreateAsync();
        await Before;
        var hasPlace = await _services.Places.EnterAsync(RunId);
        _entered.TrySetResult();
        if (!hasPlace)
        {
            await _services.Queue.AcknowledgeAsync(Entry);
            return;
        }

        var acquisition = await _services.Store.AcquireAsync(RunId, Entry);
        if (acquisition.Kind == AcquisitionKind.Unknown && await CreateAsync()) acquisition = await _services.Store.AcquireAsync(RunId, Entry);
        switch (acquisition.Kind)
        {
            case AcquisitionKind.Owned:
                if (!acquisition.HasMail) _mail.WasEmpty();
                await GoOnAsync(acquisition.Record!, acquisition.Epoch);
                break;
            default:
                LogNotOurs(acquisition.Kind);
                await _services.Queue.AcknowledgeAsync(Entry);
                break;
        }
    }

    /// <summary>Creates the run's record if that has not been done yet and can be from here.</summary>
    private async Task<bool> CreateAsync()
    {
        if (_queued.Header is not { } header) return false;
        await _services.Store.CreateAsync(header);
        return true;
    }

    private async Task GoOnAsync(RunRecord record, long epoch)
    {
        var run = record.Header.Run;
        using var trace = TraceOf(record.Header);
        var workflow = _services.Workflows.FindDefinition(record.Header.Definition);
        if (workflow is null && !record.IsTerminal)
        {
            await HandOnOrParkAsync(record, epoch);
            return;
        }

        if (!record.IsTerminal && epoch - record.Progress > _services.Options.MaxFruitlessOwners)
        {
            await ParkAsync(record, epoch, $"{_services.Options.MaxFruitlessOwners} owners in a row came to nothing: see their logs, then requeue or discard the run.");
            return;
        }

        var journal = new List<RunEvent>();
        if (record.Sequence > 0)
        {
            await foreach (var runEvent in _services.Store.ReadAsync(run.RunId)) journal.Add(runEvent);
        }

        using var audit = new AuditForwarder(_services.Outbox, run, record.Audited, failure => LogAuditAway(failure.Message), workflow?.Options.AuditFullContent ?? false);
        foreach (var runEvent in journal) audit.Forward(runEvent);
        var deltas = new DeltaGuard(_services.Scrubber, delta => _services.Deltas.Publish(run.RunId, delta));
        var guard = new EventGuard(_services.Scrubber, _services.Limits, journal.Count, _mail.Fail, deltas);
        var log = new RedisRunLog(_services.Store, run, epoch, journal.Count > 0 ? journal[^1].Sequence : 0, audit, _services.Time, deltas.Write, guard, _release.Token)
        {
            Policy = workflow?.Options.AuditPolicy ?? default,
            Lease = Lease,
        };

        if (!record.IsTerminal && !await DriveAsync(workflow!, record, journal, epoch, log, audit)) return;

        // What depends on the run does not wait for the audit log.
        await _services.Places.LeaveAsync(record.Header);
        if (log.HasChildren) await _services.Cancellation.CancelChildrenAsync(run);
        await audit.WaitForAllAsync(urgent: false, _release.Token);
        await _services.Queue.FinishAsync(Entry, run, record.IsTerminal ? record.UpdatedAt : _services.Time.GetUtcNow());
    }

    /// <summary>Drives the run. Gives whether it has ended; otherwise it waits, or was let go, and there is nothing more to do here.</summary>
    private async Task<bool> DriveAsync(IWorkflow workflow, RunRecord record, List<RunEvent> journal, long epoch, RedisRunLog log, AuditForwarder audit)
    {
        var run = record.Header.Run;
        var context = new RunContext
        {
            Run = run,
            Events = log,
            Memory = record.Header.Memory is { } memory ? SharedMemory.Named(memory) : workflow.Options.Memory ?? _services.Memory,
            ResponseTone = record.Header.ResponseTone ?? workflow.Options.ResponseTone,
            Approvals = _mail,
            Dispatcher = _services.Dispatcher,
            Time = _services.Time,
            Services = _services.Provider,
        };
        using var stay = _services.Endings.ComesHere(run.RunId);
        var limit = (record.Header.StartAt ?? record.Header.CreatedAt) + workflow.Options.Timeout;
        while (true)
        {
            var execution = new RunExecution(workflow, context, record.Header.Input, journal, _release.Token) { Parent = ParentOf(record.Header) };
            await _mail.OpenAsync(execution);
            var stop = await execution.DriveAsync(limit - _services.Time.GetUtcNow());
            await _mail.CloseAsync();
            if (stop.Kind == RunStopKind.Ended)
            {
                var outcome = new RunOutcome(log.Conclude(record), execution.Snapshot);
                _services.Endings.Announce(outcome);
                LogEnded(workflow.Name, outcome.Run.Status);
                return true;
            }

            if (stop.Kind == RunStopKind.Released)
            {
                await HandOverAsync(run.RunId, epoch);
                return false;
            }

            await audit.WaitForAllAsync(urgent: false, _release.Token);
            await log.NoteAuditedAsync();
            var due = stop.DueAt < limit ? stop.DueAt : limit ?? stop.DueAt;
            var snapshot = execution.Snapshot;
            var hasUnread = execution.HasUnread || snapshot.OpenApprovals.Any(open => _mail.WasHandedOver(open.ApprovalId));
            if (!hasUnread && await _services.Store.LetGoAsync(run.RunId, epoch, _mail.Last, RunStatus.Waiting, WaitingFor(snapshot, stop)))
            {
                await _services.Places.LeaveAsync(record.Header);

                // Our own entry is still there: should this process end here, the next owner sets the timer.
                if (due is { } wakeAt) await _services.Queue.AddAtAsync(run.RunId, wakeAt);
                await _services.Queue.AcknowledgeAsync(Entry);
                return false;
            }

            // There is mail. What this execution has written is in the journal; go on from there.
            var last = journal.Count > 0 ? journal[^1].Sequence : 0;
            await foreach (var runEvent in _services.Store.ReadAsync(run.RunId, last)) journal.Add(runEvent);
        }
    }

    /// <summary>This orchestrator stops; another one goes on. The run keeps its place among the runs of its workflow.</summary>
    private async Task HandOverAsync(string runId, long epoch)
    {
        // Mail or not, the next owner reads the whole inbox.
        await _services.Store.LetGoAsync(runId, epoch, RunStatus.Queued, "handed over");
        await _services.Queue.AddAsync(runId);
        await _services.Queue.AcknowledgeAsync(Entry);
    }

    /// <summary>A run is never worked on by a graph that it was not begun on: it goes to an orchestrator that has the right one, or waits for somebody to decide.</summary>
    private async Task HandOnOrParkAsync(RunRecord record, long epoch)
    {
        var definition = $"definition {record.Header.Definition[..12]} of workflow '{record.Header.Workflow}'";
        if (!await _services.Queue.IsAnnouncedAsync(record.Header.Definition, _services.Options.Lease * 2))
        {
            await ParkAsync(record, epoch, $"No live orchestrator has {definition}: deploy it again and requeue the run, or discard it and start anew.");
            return;
        }

        await _services.Store.LetGoAsync(RunId, epoch, RunStatus.Queued, $"It waits for an orchestrator that has {definition}.");
        await _services.Queue.AddAtAsync(RunId, _services.Time.GetUtcNow() + _services.Options.PollInterval);
        await _services.Queue.AcknowledgeAsync(Entry);
    }

    private async Task ParkAsync(RunRecord record, long epoch, string reason)
    {
        LogParked(reason);
        await _services.Store.NoteParkedAsync(record.Header.Run);
        await _services.Store.LetGoAsync(RunId, epoch, RunStatus.Parked, reason);
        await _services.Places.LeaveAsync(record.Header);

        // A request to stop needs no graph.
        var mail = await _services.Store.ReadInboxAsync(RunId, "0-0");
        if (mail.Select(entry => entry.Message.Cancel).FirstOrDefault(cancel => cancel is not null) is { } cancel) await _services.Cancellation.CancelAsync(RunId, cancel);
        await _services.Queue.AcknowledgeAsync(Entry);
    }

    private static string WaitingFor(RunSnapshot snapshot, RunStop stop) =>
        snapshot.OpenApprovals.Count > 0 ? $"an answer to: {snapshot.OpenApprovals[0].Title}"
            : stop.DueAt is { } due ? $"a timer that is due at {due:O}"
            : "a signal";

    private static ActivityContext ParentOf(RunHeader header) =>
        ActivityContext.TryParse(header.TraceParent, null, isRemote: true, out var parent) ? parent : default;

    /// <summary>
    /// Puts the work on a run into the trace of its request: its logs, its events and what it does elsewhere know it so, also where nobody
    /// records spans. It is none itself.
    /// </summary>
    private static Activity? TraceOf(RunHeader header) => ParentOf(header) is var parent && parent == default
        ? null
        : new Activity(nameof(OwnedRun)).SetParentId(parent.TraceId, parent.SpanId, parent.TraceFlags).Start();

    [LoggerMessage(LogLevel.Information, "The run of {Workflow} has ended: {Status}.")]
    private partial void LogEnded(string workflow, RunStatus status);

    [LoggerMessage(LogLevel.Debug, "The run is not ours to work on: {Kind}.")]
    private partial void LogNotOurs(AcquisitionKind kind);

    [LoggerMessage(LogLevel.Information, "{Reason}")]
    private partial void LogFenced(string reason);

    [LoggerMessage(LogLevel.Information, "The run was let go and goes on elsewhere.")]
    private partial void LogReleased();

    [LoggerMessage(LogLevel.Error, "Work on the run broke off; it is taken up again after the lease.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(LogLevel.Warning, "The run is parked: {Reason}")]
    private partial void LogParked(string reason);

    [LoggerMessage(LogLevel.Warning, "The audit log does not take entries; strict steps wait: {Reason}")]
    private partial void LogAuditAway(string reason);
}
