using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>One stream to one worker: forwards what comes up into the run, and acknowledges it once it is journaled.</summary>
internal sealed class StepConnection(RemoteCall call, StepHistory history, StepQuestions questions, DispatchOptions options, TimeProvider time)
{
    /// <summary>How long the worker may take to end a call whose result is here.</summary>
    private static readonly TimeSpan s_leaving = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _end = new(Timeout.InfiniteTimeSpan, time);
    private IClientStreamWriter<ExecuteRequest>? _requests;
    private bool _stopping;

    /// <summary>Whether the worker has said anything, and so has the step.</summary>
    public bool WasAttached { get; private set; }

    /// <summary>Whether the step was sent, so that the worker may have it even where the stream was cut before it could say anything.</summary>
    public bool WasSent { get; private set; }

    /// <exception cref="RpcException">The worker refused the step, or the stream was cut, or the worker has been silent for too long.</exception>
    public async Task<ExecutionResult> RunAsync(V1.AgentWorker.AgentWorkerClient client, bool attachOnly, CancellationToken asking, CancellationToken cancellationToken)
    {
        using var stream = client.Execute(cancellationToken: _end.Token);
        _requests = stream.RequestStream;
        try
        {
            _end.CancelAfter(options.WorkerLease);
            await WriteAsync(new ExecuteRequest { Start = Start(attachOnly) });
            WasSent = true;
            questions.Tell((id, decision) => WriteAsync(new ExecuteRequest { Answer = new ApprovalAnswer { ApprovalId = id, Decision = Wire.Write(decision) } }));
            using var cancelled = cancellationToken.Register(Cancel);
            var result = await ReadAsync(stream.ResponseStream, asking);
            await LeaveAsync(stream.ResponseStream);
            return result;
        }
        catch (Exception cut) when (cut is RpcException or OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The worker was silent for too long."));
        }
        finally
        {
            questions.Tell(null);
            _end.Dispose();
        }
    }

    private async Task<ExecutionResult> ReadAsync(IAsyncStreamReader<ExecuteReply> replies, CancellationToken asking)
    {
        var acknowledged = history.Numbered;
        while (true)
        {
            var next = replies.MoveNext(CancellationToken.None);
            if (!next.IsCompleted && history.Numbered > acknowledged)
            {
                // Nothing more is here for now: make durable what came, and let the worker go on.
                acknowledged = history.Numbered;
                await MakeDurableAsync();
                await WriteAsync(new ExecuteRequest { Acknowledged = acknowledged });
            }

            if (!await next) throw new RpcException(new Status(StatusCode.Unavailable, "The worker ended the stream without a result."));
            WasAttached = true;
            EndAfter(options.WorkerLease);
            switch (replies.Current)
            {
                case { Event: { } numbered }:
                    await TakeAsync(numbered, asking);
                    break;
                case { Delta: { } delta }:
                    await call.Scope.Context.Events.WriteDeltaAsync(new TextDelta(delta.Path, delta.Text), CancellationToken.None);
                    break;
                case { Result: { } result }:
                    await call.Scope.Context.Events.FlushAsync();
                    return result;
            }
        }
    }

    /// <summary>
    /// Has what came journaled, waits for the audit log where it must have it, and tells the worker where in it that is. Meanwhile it is not
    /// the worker who is silent.
    /// </summary>
    private async Task MakeDurableAsync()
    {
        EndAfter(Timeout.InfiniteTimeSpan);
        await call.Scope.Context.Events.FlushAsync();
        foreach (var runEvent in history.Untold()) await call.Scope.Context.Events.WaitForAuditAsync(runEvent, _end.Token);
        EndAfter(options.WorkerLease);
        if (history.NewlyAudited() is { Count: > 0 } sequences) await WriteAsync(new ExecuteRequest { Audited = new AuditedEvents { Sequences = { sequences } } });
    }

    /// <summary>Ends the call as both sides expect it. The result is here, so nothing that goes wrong now matters.</summary>
    private async Task LeaveAsync(IAsyncStreamReader<ExecuteReply> replies)
    {
        EndAfter(s_leaving);
        await _writing.WaitAsync();
        try
        {
            await _requests!.CompleteAsync();
            while (await replies.MoveNext(CancellationToken.None))
            {
                // Nothing comes after the result.
            }
        }
        catch (Exception gone) when (gone is RpcException or InvalidOperationException or OperationCanceledException)
        {
            // Cut off, or the worker has stopped.
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task TakeAsync(NumberedEvent numbered, CancellationToken asking)
    {
        if (numbered.Number <= history.Numbered) return;
        var runEvent = RunEventJson.Read(numbered.Event.Span);
        if (numbered.Number != history.Numbered + 1 || !IsOfStep(runEvent))
        {
            throw new StepFailedException(new Failure
            {
                Kind = FailureKind.InvalidValue,
                Type = nameof(NumberedEvent),
                Message = $"The worker sent event {numbered.Number} ({runEvent.GetType().Name} at '{runEvent.Path}') after event {history.Numbered} of step '{call.Step}', which cannot be.",
                Node = call.Scope.Path,
            });
        }

        history.Add(await call.Scope.Context.Events.StageAsync(runEvent));
        if (runEvent is ApprovalRequested asked) questions.Ask(asked, asking);
    }

    /// <summary>Whether it is for the code of this step to write, not for the engine or for another step.</summary>
    private bool IsOfStep(RunEvent runEvent) =>
        (runEvent.Path == call.Scope.Path
            || (runEvent.Path.StartsWith(call.Scope.Path, StringComparison.Ordinal) && runEvent.Path[call.Scope.Path.Length] is '/' or '#'))
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
        Volatile.Write(ref _stopping, true);
        if (call.Scope.Context.Released.IsCancellationRequested) _end.Cancel();
        else _ = TellToStopAsync();
    }

    /// <summary>How long this side waits from now on; once the step was told to stop, that is settled.</summary>
    private void EndAfter(TimeSpan time)
    {
        if (Volatile.Read(ref _stopping)) return;
        _end.CancelAfter(time);
        if (Volatile.Read(ref _stopping)) _end.CancelAfter(options.CancelGrace);
    }

    private async Task TellToStopAsync()
    {
        try
        {
            _end.CancelAfter(options.CancelGrace);
            await WriteAsync(new ExecuteRequest { Cancel = "the run does not need the step any more" });
        }
        catch (Exception gone) when (gone is RpcException or InvalidOperationException or ObjectDisposedException or OperationCanceledException)
        {
            // The stream has ended in the meantime, and the worker stops without an orchestrator, too.
        }
    }

    private async Task WriteAsync(ExecuteRequest request)
    {
        await _writing.WaitAsync();
        try
        {
            await _requests!.WriteAsync(request);
        }
        finally
        {
            _writing.Release();
        }
    }
}
