using System.Text.Json;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>
/// An orchestrator's hold on one execution, under a number of its stream. What the execution reports goes out in order, and no faster than
/// the orchestrator takes it in: what exceeds the window is held back here, and whoever writes text waits.
/// </summary>
internal sealed class Attachment(OrchestratorStream stream, long number)
{
    private readonly Lock _lock = new();
    private Execution? _execution;
    private List<Instruction>? _early;
    private Queue<Report>? _held;
    private TaskCompletionSource? _room;
    private long _underWay;
    private bool _closed;

    /// <summary>The execution that this is a hold on. What the orchestrator has said before is said to it now.</summary>
    public void Attached(Execution execution)
    {
        List<Instruction>? early;
        bool closed;
        lock (_lock) (_execution, early, _early, closed) = (execution, _early, null, _closed);
        foreach (var instruction in early ?? []) Take(instruction);
        if (closed) execution.Detach(this);
    }

    /// <summary>What the orchestrator says about the execution.</summary>
    public void Take(Instruction instruction)
    {
        Execution execution;
        lock (_lock)
        {
            if (_execution is null)
            {
                (_early ??= []).Add(instruction);
                return;
            }

            execution = _execution;
        }

        switch (instruction.MessageCase)
        {
            case Instruction.MessageOneofCase.Acknowledged:
                execution.Acknowledge(instruction.Acknowledged);
                break;
            case Instruction.MessageOneofCase.Audited:
                execution.NoteAudited(instruction.Audited.Sequences);
                break;
            case Instruction.MessageOneofCase.Answer:
                Answer(execution, instruction.Answer);
                break;
            case Instruction.MessageOneofCase.Taken:
                MakeRoom(instruction.Taken);
                break;
            case Instruction.MessageOneofCase.Cancel:
                execution.Stop(instruction.Cancel);
                break;
            case Instruction.MessageOneofCase.Leave:
                Leave();
                break;
        }
    }

    public void Send(NumberedEvent numbered) => Send(new Report { Execution = number, Event = numbered });

    /// <summary>The last word about the execution.</summary>
    public void Finish(ExecutionResult result) => Send(new Report { Execution = number, Result = result });

    /// <summary>Sends a piece of text when the orchestrator has room for it; drops it when the orchestrator has left.</summary>
    public async ValueTask SendDeltaAsync(TextDelta delta, CancellationToken cancellationToken)
    {
        var report = new Report { Execution = number, Delta = new TextPiece { Path = delta.Path, Text = delta.Text } };
        while (true)
        {
            Task room;
            lock (_lock)
            {
                if (_closed) return;
                if (HasRoom)
                {
                    Write(report);
                    break;
                }

                room = (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await room.WaitAsync(cancellationToken);
        }

        DetachIfClosed();
    }

    /// <summary>Tells the orchestrator that it has no part in the execution, or no longer.</summary>
    public void Refuse(StatusCode code, string reason)
    {
        lock (_lock)
        {
            if (!_closed) CloseWith(new Refusal { Code = (int)code, Reason = reason });
        }
    }

    /// <summary>The orchestrator is gone; the execution goes on without it for a while.</summary>
    public void Leave()
    {
        lock (_lock) Close();
        DetachIfClosed();
    }

    private bool HasRoom => _held is not { Count: > 0 } && _underWay < stream.Window;

    private void Send(Report report)
    {
        lock (_lock)
        {
            if (_closed) return;
            if (HasRoom) Write(report);
            else (_held ??= new Queue<Report>()).Enqueue(report);
        }

        if (report.Result is null) DetachIfClosed();
    }

    private void MakeRoom(long bytes)
    {
        lock (_lock)
        {
            _underWay -= Math.Clamp(bytes, 0, _underWay);
            while (!_closed && _held is { Count: > 0 } && _underWay < stream.Window) Write(_held.Dequeue());
            if (!HasRoom || _room is null) return;
            _room.SetResult();
            _room = null;
        }
    }

    private void Write(Report report)
    {
        var size = report.CalculateSize();
        if (size > stream.MaxReportBytes)
        {
            CloseWith(new Refusal
            {
                Code = (int)StatusCode.InvalidArgument,
                Reason = $"{(report.Result is null ? "an event or a piece of text" : "its result")} has {size} bytes, and this orchestrator takes up to {stream.MaxReportBytes}: let the step give back less, or raise Dispatch:MaxMessageBytes.",
            });
            return;
        }

        _underWay += size;
        stream.Say(report);
        if (report.Result is not null) Close();
    }

    private void CloseWith(Refusal refusal)
    {
        stream.Say(new Report { Execution = number, Refusal = refusal });
        Close();
    }

    private void Close()
    {
        _closed = true;
        _held = null;
        _room?.SetResult();
        _room = null;
        stream.Forget(number);
    }

    // Not inside the lock: an execution sends while it holds its own.
    private void DetachIfClosed()
    {
        if (Volatile.Read(ref _closed)) _execution?.Detach(this);
    }

    private void Answer(Execution execution, ApprovalAnswer answer)
    {
        try
        {
            execution.Answer(answer);
        }
        catch (JsonException malformed)
        {
            Refuse(StatusCode.InvalidArgument, $"The answer to '{answer.ApprovalId}' cannot be read: {malformed.Message}");
            DetachIfClosed();
        }
    }
}
