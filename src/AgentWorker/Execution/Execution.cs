using System.Diagnostics;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>
/// One attempt of one step in this process. Lives on its own: orchestrators attach to it and leave it. What it writes is numbered and
/// kept until it is known to be journaled; what an event announces does not begin before that.
/// </summary>
internal sealed partial class Execution : IRunEventWriter, IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private readonly Outbox _outbox;
    private readonly Dictionary<long, RunEvent> _notAudited = [];
    private readonly CancellationTokenSource _released = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _orphanGrace;
    private readonly HostedStep _step;
    private readonly ExecutionRegistry _registry;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RunIdentity _run;
    private readonly ExecutionApprovals _approvals;
    private Attachment? _attachment;
    private ITimer? _orphaned;
    private ExecutionResult? _result;
    private string? _stopReason;

    public Execution(StartExecution start, HostedStep step, IReadOnlyList<RunEvent> history, Attachment attachment, ExecutionRegistry registry, TimeProvider time, TimeSpan orphanGrace)
    {
        (Start, _step, History, _attachment, _registry, _time, _orphanGrace) = (start, step, history, attachment, registry, time, orphanGrace);
        _run = RunReferences.Read(start.Run);
        _outbox = new Outbox(history.Count(Numbered));
        _approvals = new ExecutionApprovals(this, history);
    }

    public StartExecution Start { get; }

    public ExecutionKey Key => ExecutionKey.Of(Start);

    /// <summary>Ends when the step's code has ended. Never fails.</summary>
    public Task Completion => _completion.Task;

    /// <summary>When the step's code ended.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Whether somebody has asked it to stop, so that there is nothing here to go on with.</summary>
    public bool IsStopping => _stop.IsCancellationRequested;

    private IReadOnlyList<RunEvent> History { get; }

    /// <summary>Answers are part of a journal but are written by the orchestrator, and so not numbered.</summary>
    public static bool Numbered(RunEvent runEvent) => runEvent is not ApprovalDecided;

    /// <summary>Begins the step's code, with nothing around it of whoever asked for it.</summary>
    public void Begin() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Attaches an orchestrator, which takes the place of an earlier one.</summary>
    /// <returns>Whether this execution can go on from what the orchestrator's journal holds.</returns>
    public bool TryAttach(Attachment attachment, IReadOnlyList<RunEvent> history)
    {
        List<TaskCompletionSource> acknowledged;
        Attachment? former;
        lock (_lock)
        {
            RunEvent[] journaled = [.. history.Where(Numbered)];
            if (IsStopping || !_outbox.Agrees(journaled)) return false;
            acknowledged = _outbox.Acknowledge(journaled.Length);
            (former, _attachment) = (_attachment, attachment);
            _orphaned?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            foreach (var runEvent in _outbox.After(journaled.Length)) attachment.Send(runEvent);
            if (_result is not null) attachment.Finish(_result);
        }

        former?.Refuse(StatusCode.Aborted, "Another orchestrator has attached.");
        foreach (var waiter in acknowledged) waiter.SetResult();
        foreach (var decided in history.OfType<ApprovalDecided>()) _approvals.Decide(decided.ApprovalId, decided.Decision);
        return true;
    }

    /// <summary>The orchestrator has left without a word: the execution goes on for a while.</summary>
    public void Detach(Attachment attachment)
    {
        lock (_lock)
        {
            if (_attachment != attachment) return;
            _attachment = null;
            if (_result is not null) return;
            _orphaned ??= _time.CreateTimer(_ => Release("no orchestrator is attached any more"), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _orphaned.Change(_orphanGrace, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sheds the orchestrator, so that it takes the step elsewhere, and stops.</summary>
    public void HandBack(StatusCode code, string reason)
    {
        Attachment? attachment;
        lock (_lock) (attachment, _attachment) = (_attachment, null);
        attachment?.Refuse(code, reason);
        Release(reason);
    }

    public void Stop(string reason)
    {
        lock (_lock)
        {
            if (_result is not null) return;
            _stopReason ??= reason;
        }

        // Whoever asks does not wait for what the step's code does about it.
        _ = _stop.CancelAsync();
    }

    /// <summary>Stops because the step goes on elsewhere, not because nobody wants it any more.</summary>
    private void Release(string reason)
    {
        _released.Cancel();
        Stop(reason);
    }

    public void Acknowledge(long number)
    {
        List<TaskCompletionSource> acknowledged;
        lock (_lock) acknowledged = _outbox.Acknowledge(number);
        foreach (var waiter in acknowledged) waiter.SetResult();
    }

    /// <summary>Notes where in the audit log events are.</summary>
    public void NoteAudited(IReadOnlyDictionary<long, long> sequences)
    {
        lock (_lock)
        {
            foreach (var (number, sequence) in sequences)
            {
                if (_notAudited.Remove(number, out var runEvent)) runEvent.Audited(sequence);
            }
        }
    }

    public void Answer(ApprovalAnswer answer) =>
        _approvals.Decide(answer.ApprovalId, JsonSerializer.Deserialize<ApprovalDecision>(answer.Decision.Span, PayloadSerializer.Options)!);

    public async ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default)
    {
        var journaled = Add(runEvent);
        // Whatever the writer's own token says, an execution that was told to stop does not wait for its events to be journaled.
        await journaled.WaitAsync(_stop.Token).WaitAsync(cancellationToken);
        return runEvent;
    }

    public ValueTask<RunEvent> StageAsync(RunEvent runEvent)
    {
        _ = Add(runEvent);
        return new ValueTask<RunEvent>(runEvent);
    }

    public async ValueTask FlushAsync()
    {
        Task journaled;
        lock (_lock) journaled = _outbox.AcknowledgementOf(_outbox.Last);
        await journaled.WaitAsync(_stop.Token);
    }

    public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default) =>
        Volatile.Read(ref _attachment) is { } attachment ? attachment.SendDeltaAsync(delta, cancellationToken) : ValueTask.CompletedTask;

    private Task Add(RunEvent runEvent)
    {
        if (runEvent.TraceId is null) runEvent.TracedBy(Activity.Current);
        lock (_lock)
        {
            var numbered = _outbox.Add(RunEventJson.Write(runEvent));
            runEvent.Stamp(_run, numbered.Number, _time.GetUtcNow());
            if (runEvent is not (TurnCompleted or AgentProgressed)) _notAudited[numbered.Number] = runEvent;
            _attachment?.Send(numbered);
            return _outbox.AcknowledgementOf(numbered.Number);
        }
    }

    private async Task RunAsync()
    {
        var (services, logger) = (_registry.Services, _registry.Logger);
        using var span = ExecutionSpans.CarryOut(Start);
        using var scope = logger.BeginScope(new RunLogScope(_run.RunId, Start.Path, Start.Visit, Start.Attempt));
        var usage = new UsageMeter();
        var result = new ExecutionResult();
        try
        {
            var context = new RunContext
            {
                Run = _run,
                Events = this,
                Usage = usage,
                Approvals = _approvals,
                Memory = MemoryFrom(services),
                ResponseTone = Start.ResponseTone is { Length: > 0 } tone ? tone : null,
                Released = _released.Token,
                Time = _time,
                Services = services,
            };
            var output = await _step.RunAsync(context, Start.Path, Start.Visit, Start.Attempt, Payload.FromJson(Start.Input.Memory), History, _stop.Token);
            result.Output = UnsafeByteOperations.UnsafeWrap(output.ToJson());
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            result.Cancelled = _stopReason;
        }
        catch (Exception failure)
        {
            var described = Failure.From(failure, Start.Path);
            LogFailed(logger, Start.Step, described.Type, described.Message);
            result.Failure = Json(described);
        }

        if (usage.Total != Usage.None) result.Usage = Json(usage.Total);
        _registry.FreePlace();
        End(result);
        _registry.Ended(this);
        _completion.SetResult();
    }

    // One that is not here fails the step before it begins: with another memory it would do something else than it was asked for.
    private IMemory? MemoryFrom(IServiceProvider services)
    {
        if (Start.Memory.Length == 0) return services.GetService<IMemory>();
        var named = SharedMemory.Named(Start.Memory);
        named.Find(services);
        return named;
    }

    private void End(ExecutionResult result)
    {
        lock (_lock)
        {
            _result = result;
            EndedAt = _time.GetUtcNow();
            _orphaned?.Dispose();
            _attachment?.Finish(result);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Step {Hosted} failed: {Type}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string hosted, string type, string reason);

    private static ByteString Json<T>(T value) => UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(value, PayloadSerializer.Options));
}
