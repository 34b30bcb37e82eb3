using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>One step on the stream of one worker: forwards what comes up into the run, and acknowledges it once it is journaled.</summary>
internal sealed class StepConnection(RemoteCall call, StepHistory history, StepQuestions questions, DispatchOptions options, TimeProvider time)
{
    private readonly StepReports _reports = new();
    private readonly CancellationTokenSource _over = new(Timeout.InfiniteTimeSpan, time);
    private WorkerStream? _stream;
    private long _number;
    private long _taken;
    private bool _isOver;

    /// <summary>Whether the worker may have the step: it was sent, and not refused at once.</summary>
    public bool WasAttached { get; private set; }

    /// <summary>Whether the step was refused because the stream is too old to begin it; it begins on the next one.</summary>
    public bool HasExpired { get; private set; }

    /// <summary>Whether the start took so long to get there that the run may have been lost meanwhile.</summary>
    public bool WasLate { get; private set; }

    /// <exception cref="RpcException">The worker refused the step, or the stream was cut, or the worker has been silent for too long.</exception>
    public async Task<ExecutionResult> RunAsync(WorkerConnection worker, bool attachOnly, CancellationToken cancellationToken)
    {
        var start = Start(attachOnly);
        var span = ExecutionSpans.Ask(start);
        var status = StatusCode.Unknown;
        try
        {
            var result = await RunAsync(worker, start, cancellationToken);
            status = StatusCode.OK;
            return result;
        }
        catch (RpcException failure)
        {
            status = failure.StatusCode;
            throw;
        }
        catch (OperationCanceledException)
        {
            status = StatusCode.Cancelled;
            throw;
        }
        finally
        {
            ExecutionSpans.End(span, status);
        }
    }

    private async Task<ExecutionResult> RunAsync(WorkerConnection worker, StartExecution start, CancellationToken cancellationToken)
    {
        _stream = await EnterAsync(worker, start, cancellationToken);
        try
        {
            Begin(start);
            ListenForAnswers(start.History.Count);
            using var cancelled = cancellationToken.UnsafeRegister(static connection => ((StepConnection)connection!).Cancel(), this);
            return await ReadAsync(cancellationToken);
        }
        catch (Exception cut) when (cut is RpcException or OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            questions.Tell(null);
            if (!_isOver) Say(new Instruction { Leave = new Leave() });
            _stream.Exit(_number);
            _over.Dispose();
        }
    }

    private async Task<WorkerStream> EnterAsync(WorkerConnection worker, StartExecution start, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stream = await worker.StreamAsync(cancellationToken);

            // In this order: a pause that comes after the look at the lease makes the start too old.
            start.Clock = stream.Clock;
            await call.Scope.Context.Events.WaitToBeginAsync(call.Scope.Path, cancellationToken);
            if (stream.TryEnter(_reports, out _number)) return stream;
        }
    }

    private void Begin(StartExecution start)
    {
        var instruction = new Instruction { Execution = _number, Start = start };
        if (instruction.CalculateSize() is var size && size > _stream!.MaxInstructionBytes)
        {
            throw Invalid($"The worker takes messages of up to {_stream.MaxInstructionBytes} bytes, and the input of step '{call.Step}' and what is journaled of it have {size}: let them be less, or raise Limits:MaxMessageBytes of the workers.");
        }

        _stream.Say(instruction);
        WasAttached = true;
    }

    /// <summary>Sends answers from now on, and those that have come while the step was on its way.</summary>
    /// <param name="sent">How many events of the history the worker was sent.</param>
    private void ListenForAnswers(int sent)
    {
        questions.Tell(Answer);
        foreach (var decided in history.AnswersAfter(sent)) Answer(decided.ApprovalId, decided.Decision);

        void Answer(string id, ApprovalDecision decision) => Say(new Instruction { Answer = new ApprovalAnswer { ApprovalId = id, Decision = Wire.Write(decision) } });
    }

    private async Task<ExecutionResult> ReadAsync(CancellationToken cancellationToken)
    {
        var acknowledged = history.Numbered;
        for (var hasSpoken = false; ; hasSpoken = true)
        {
            if (!_reports.TryTake(out var report))
            {
                if (history.Numbered > acknowledged)
                {
                    // Nothing more is here for now: make durable what came, and let the worker go on.
                    acknowledged = history.Numbered;
                    await MakeDurableAsync();
                    Say(new Instruction { Acknowledged = acknowledged });
                }

                report = await _reports.TakeAsync();
            }

            _isOver = report.Result is not null || report.Refusal is not null;
            switch (report)
            {
                case { Event: { } numbered }:
                    await TakeAsync(numbered, cancellationToken);
                    MakeRoom(report);
                    break;
                case { Delta: { } delta }:
                    await call.Scope.Context.Events.WriteDeltaAsync(new TextDelta(delta.Path, delta.Text), CancellationToken.None);
                    MakeRoom(report);
                    break;
                case { Result: { } result }:
                    // What came before it becomes durable together with what the engine writes of it.
                    return result;
                case { Refusal: { } refusal }:
                    WasAttached = hasSpoken || refusal.Code == (int)StatusCode.Aborted;
                    HasExpired = refusal.Code == (int)StatusCode.Unauthenticated;
                    WasLate = refusal.Code == (int)StatusCode.DeadlineExceeded;
                    if (HasExpired) _stream!.Retire();
                    throw new RpcException(new Status((StatusCode)refusal.Code, refusal.Reason));
            }
        }
    }

    /// <summary>Lets the worker send more, now and then, so that it never waits for a word while there is room.</summary>
    private void MakeRoom(Report report)
    {
        _taken += report.CalculateSize();
        if (_taken < options.WindowBytes / 2) return;
        Say(new Instruction { Taken = _taken });
        _taken = 0;
    }

    /// <summary>Has what came journaled, waits for the audit log where it must have it, and tells the worker where in it that is.</summary>
    private async Task MakeDurableAsync()
    {
        await call.Scope.Context.Events.FlushAsync();
        foreach (var runEvent in history.Untold()) await call.Scope.Context.Events.WaitForAuditAsync(runEvent, _over.Token);
        if (history.NewlyAudited() is { Count: > 0 } sequences) Say(new Instruction { Audited = new AuditedEvents { Sequences = { sequences } } });
    }

    private async Task TakeAsync(NumberedEvent numbered, CancellationToken cancellationToken)
    {
        if (numbered.Number <= history.Numbered) return;
        var runEvent = RunEventJson.Read(numbered.Event.Span);
        if (numbered.Number != history.Numbered + 1 || !IsOfStep(runEvent))
        {
            throw Invalid($"The worker sent event {numbered.Number} ({runEvent.GetType().Name} at '{runEvent.Path}') after event {history.Numbered} of step '{call.Step}', which cannot be.");
        }

        history.Add(await call.Scope.Context.Events.StageAsync(runEvent));
        if (runEvent is ApprovalRequested asked) questions.Ask(asked, cancellationToken);
    }

    /// <summary>Whether it is for the code of this step to write, not for the engine or for another step.</summary>
    private bool IsOfStep(RunEvent runEvent) =>
        StepPath.IsWithin(runEvent.Path, call.Scope.Path)
        && runEvent is not (StepStarted { Inline: false } or StepCompleted { Inline: false } or StepFailed { Inline: false } or StepCancelled or StepWaiting
            or RouteTaken or TimerSet or TimerFired or SignalReceived or ApprovalDecided);

    private StartExecution Start(bool attachOnly)
    {
        var scope = call.Scope;
        var start = new StartExecution
        {
            Run = RunReferences.Write(scope.Context.Run),
            Step = call.Step,
            Path = scope.Path,
            Visit = scope.Visit,
            Attempt = scope.Attempt,
            Input = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(call.Input.ToJson()),
            ResponseTone = scope.Context.ResponseTone ?? "",
            AttachOnly = attachOnly,
            Memory = SharedMemory.NameIn(scope.Context) ?? "",
        };
        start.History.AddRange(history.Write());
        return start;
    }

    /// <summary>Somebody wants the step to stop: the worker has to, unless this orchestrator merely lets go of the run.</summary>
    private void Cancel()
    {
        _over.Token.UnsafeRegister(static connection => ((StepConnection)connection!)._reports.End(new OperationCanceledException()), this);
        if (call.Scope.Context.Released.IsCancellationRequested)
        {
            _over.Cancel();
        }
        else
        {
            Say(new Instruction { Cancel = "the run does not need the step any more" });
            _over.CancelAfter(options.CancelGrace);
        }
    }

    private void Say(Instruction instruction)
    {
        instruction.Execution = _number;
        _stream!.Say(instruction);
    }

    private StepFailedException Invalid(string what) => new(new Failure
    {
        Kind = FailureKind.InvalidValue,
        Type = nameof(StepConnection),
        Message = what,
        Node = call.Scope.Path,
    });
}
