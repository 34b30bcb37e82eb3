using System.Collections.Concurrent;
using System.Diagnostics;
using Loomflow.Audit;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>
/// One run while this orchestrator owns it: goes on from the journal, drives it until it ends or waits, has every entry audited, and
/// gives the queue entry back last of all. Whatever happens in between, the next owner finds everything in Redis.
/// </summary>
internal sealed partial class OwnedRun : IApprovals
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ApprovalDecision>> _asked = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _reading = new(1);
    private readonly CancellationTokenSource _release;
    private readonly QueuedRun _queued;
    private readonly OwnedRunServices _services;
    private readonly ILogger _logger;
    private RunExecution? _execution;
    private string _lastMail = "0-0";

    public OwnedRun(QueuedRun queued, OwnedRunServices services, ILogger logger, CancellationToken release)
    {
        (_queued, _services, _logger) = (queued, services, logger);
        _release = CancellationTokenSource.CreateLinkedTokenSource(release);
    }

    public string RunId => _queued.RunId;

    /// <summary>The queue entry that stands for ownership.</summary>
    public string Entry => _queued.Entry;

    /// <summary>Stops work on the run without ending it; another owner goes on.</summary>
    public void Release() => _release.Cancel();

    /// <summary>Works on the run until it has ended, waits, or is another's.</summary>
    public async Task RunAsync()
    {
        using var scope = _logger.BeginScope(new RunLogScope(_queued.RunId));
        try
        {
            if (_queued.Header is { } header) await _services.Store.CreateAsync(header);
            var acquisition = await _services.Store.AcquireAsync(_queued.RunId, _queued.Entry);
            if (acquisition.Kind != AcquisitionKind.Owned)
            {
                LogNotOurs(acquisition.Kind);
                await _services.Queue.AcknowledgeAsync(_queued.Entry);
                return;
            }

            await GoOnAsync((await _services.Store.GetAsync(_queued.RunId))!, acquisition.Epoch);
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
            _release.Dispose();
        }
    }

    /// <summary>Looks into the inbox. Reading a message twice is harmless: signals, answers and requests to stop are idempotent.</summary>
    public async Task ReadMailAsync()
    {
        if (_execution is not { } execution) return;
        await _reading.WaitAsync(_release.Token);
        try
        {
            foreach (var (position, message) in await _services.Store.ReadInboxAsync(_queued.RunId, _lastMail))
            {
                if (message.Signal is { } signal) execution.Signal(signal with { SignalId = signal.SignalId ?? $"mail/{position}" });
                if (message.Cancel is { } reason) execution.Cancel(reason);
                if (message.Decided is { } decided && !(_asked.TryRemove(decided.ApprovalId, out var waiting) && waiting.TrySetResult(decided.Decision))) execution.Decide(decided);
                _lastMail = position;
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    async ValueTask<ApprovalDecision> IApprovals.RequestAsync(ApprovalRequest request, CancellationToken cancellationToken)
    {
        var answer = _asked.GetOrAdd(request.ApprovalId, _ => new TaskCompletionSource<ApprovalDecision>(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            var left = request.Deadline - _services.Time.GetUtcNow();
            return left is null ? await answer.Task.WaitAsync(cancellationToken)
                : await answer.Task.WaitAsync(left > TimeSpan.Zero ? left.Value : TimeSpan.Zero, _services.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new ApprovalDecision { Outcome = request.Default, TimedOut = true };
        }
        finally
        {
            _asked.TryRemove(request.ApprovalId, out _);
        }
    }

    private async Task GoOnAsync(RunRecord record, long epoch)
    {
        var run = record.Header.Run;
        var workflow = _services.Workflows.FindDefinition(record.Header.Definition);
        if (workflow is null && !record.IsTerminal)
        {
            await ParkAsync(record, epoch, $"No orchestrator here has definition {record.Header.Definition[..12]} of workflow '{record.Header.Workflow}': deploy it again, or start the run anew.");
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

        await using var audit = new AuditForwarder(_services.AuditLog, run, record.Audited, _services.Time, failure => LogAuditAway(failure.Message), workflow?.Options.AuditFullContent ?? false);
        foreach (var runEvent in journal) audit.Forward(runEvent);
        var log = new RedisRunLog(_services.Store, run, epoch, journal.Count > 0 ? journal[^1].Sequence : 0, audit, _services.Time, delta => _services.Deltas.Publish(run.RunId, delta), _release.Token)
        {
            Policy = workflow?.Options.AuditPolicy ?? default,
        };

        if (!record.IsTerminal && !await DriveAsync(workflow!, record, journal, epoch, log, audit)) return;
        await audit.WaitForAllAsync(_release.Token);
        await log.NoteAuditedAsync();
        await _services.Queue.AcknowledgeAsync(_queued.Entry);
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
            Approvals = this,
            Dispatcher = _services.Dispatcher,
            Time = _services.Time,
            Services = _services.Provider,
        };
        while (true)
        {
            _execution = new RunExecution(workflow, context, record.Header.Input, journal, _release.Token) { Parent = ParentOf(record.Header) };
            await ReadMailAsync();
            var stop = await _execution.DriveAsync(workflow.Options.Timeout - (_services.Time.GetUtcNow() - record.Header.CreatedAt));
            if (stop.Kind == RunStopKind.Ended)
            {
                LogEnded(workflow.Name, _execution.Snapshot.Status);
                return true;
            }

            if (stop.Kind == RunStopKind.Released)
            {
                await HandOverAsync(run.RunId, epoch);
                return false;
            }

            await audit.WaitForAllAsync(_release.Token);
            await log.NoteAuditedAsync();
            if (await _services.Store.LetGoAsync(run.RunId, epoch, _lastMail, RunStatus.Waiting, WaitingFor(_execution.Snapshot, stop)))
            {
                // Our own entry is still there: should this process end here, the next owner sets the timer.
                if (stop.DueAt is { } due) await _services.Queue.AddAtAsync(run.RunId, due);
                await _services.Queue.AcknowledgeAsync(_queued.Entry);
                return false;
            }

            // There is mail. What this execution has written is in the journal; go on from there.
            var last = journal.Count > 0 ? journal[^1].Sequence : 0;
            await foreach (var runEvent in _services.Store.ReadAsync(run.RunId, last)) journal.Add(runEvent);
        }
    }

    private async Task HandOverAsync(string runId, long epoch)
    {
        // Mail or not, the next owner reads the whole inbox.
        if (!await _services.Store.LetGoAsync(runId, epoch, await LastMailAsync(), RunStatus.Queued, "handed over")) return;
        await _services.Queue.AddAsync(runId);
        await _services.Queue.AcknowledgeAsync(_queued.Entry);
    }

    private async Task ParkAsync(RunRecord record, long epoch, string reason)
    {
        LogParked(reason);
        if (!await _services.Store.LetGoAsync(record.Header.Run.RunId, epoch, await LastMailAsync(), RunStatus.Parked, reason)) return;
        await _services.Store.NoteParkedAsync(RunId);
        await _services.Queue.AcknowledgeAsync(_queued.Entry);
    }

    private async Task<string> LastMailAsync() =>
        (await _services.Store.ReadInboxAsync(_queued.RunId, "0-0")) is { Count: > 0 } mail ? mail[^1].Position : "0-0";

    private static string WaitingFor(RunSnapshot snapshot, RunStop stop) =>
        snapshot.OpenApprovals.Count > 0 ? $"an answer to: {snapshot.OpenApprovals[0].Title}"
            : stop.DueAt is { } due ? $"a timer that is due at {due:O}"
            : "a signal";

    private static ActivityContext ParentOf(RunHeader header) =>
        ActivityContext.TryParse(header.TraceParent, null, isRemote: true, out var parent) ? parent : default;

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
