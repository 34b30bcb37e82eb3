using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>
/// One stream to one worker, which carries any number of steps. What comes up is handed to the step that it is about, never waiting for it;
/// what goes down leaves in the order in which it is said. A worker that says nothing for a lease is given up, with every step on the stream.
/// </summary>
internal sealed class WorkerStream
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, StepReports> _steps = [];
    private readonly TaskCompletionSource<Welcome> _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cut = new();
    private readonly BatchWriter<Instruction> _writer = new();
    private readonly AsyncDuplexStreamingCall<ExecuteRequest, ExecuteReply> _call;
    private readonly DispatchOptions _options;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private readonly ITimer _silence;
    private TimeSpan _renewAfter = TimeSpan.MaxValue;
    private long _heardAt;
    private long _lastNumber;
    private long _clock;
    private bool _isSilent;
    private bool _retired;
    private bool _hasEnded;

    private WorkerStream(V1.AgentWorker.AgentWorkerClient client, DispatchOptions options, TimeProvider time)
    {
        (_options, _time, _openedAt, _heardAt) = (options, time, time.GetTimestamp(), time.GetTimestamp());
        _call = client.Execute(cancellationToken: _cut.Token);
        _silence = time.CreateTimer(_ => Listen(), null, options.WorkerLease, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether steps may begin here. Before the credential expires that it was opened with, they begin on another one.</summary>
    public bool TakesSteps => !Volatile.Read(ref _retired) && !Volatile.Read(ref _hasEnded) && _time.GetElapsedTime(_openedAt) < _renewAfter;

    /// <summary>The worker's clock when it last said something.</summary>
    public long Clock => Volatile.Read(ref _clock);

    /// <summary>The largest instruction that the worker takes.</summary>
    public int MaxInstructionBytes => _writer.MaxItemBytes;

    /// <summary>Opens a stream, and waits for the worker's welcome.</summary>
    /// <exception cref="RpcException">The worker cannot be reached, does not let this orchestrator in, or says nothing.</exception>
    public static async Task<WorkerStream> OpenAsync(V1.AgentWorker.AgentWorkerClient client, DispatchOptions options, TimeSpan startsWithin, TimeProvider time)
    {
        var stream = new WorkerStream(client, options, time);
        stream.Say(new Instruction
        {
            Opening = new Opening { MaxMessageBytes = options.MaxMessageBytes, WindowBytes = options.WindowBytes, StartsWithin = startsWithin.ToDuration() },
        });
        _ = stream.WriteAsync();
        _ = stream.ReadAsync();
        var welcome = await stream._welcome.Task;
        stream._writer.KeepTo(welcome.MaxMessageBytes);

        // What it begins in the second half of that time begins on the next stream, so that none is refused.
        if (welcome.TakesStartsFor is { } limit) stream._renewAfter = limit.ToTimeSpan() / 2;
        return stream;
    }

    /// <summary>Gives a step its number.</summary>
    /// <returns>Whether it can begin here; otherwise the stream has ended, or ends, and the step begins on another one.</returns>
    public bool TryEnter(StepReports reports, out long number)
    {
        lock (_lock)
        {
            number = ++_lastNumber;
            return !_retired && !_hasEnded && _steps.TryAdd(number, reports);
        }
    }

    public void Say(Instruction instruction) => _writer.Add(instruction);

    /// <summary>Ends what a step has to do with the stream.</summary>
    public void Exit(long number)
    {
        lock (_lock)
        {
            if (_steps.Remove(number)) CompleteWhenLeft();
        }
    }

    /// <summary>Begins no more steps; ends when those that have begun have ended.</summary>
    public void Retire()
    {
        lock (_lock)
        {
            if (_retired) return;
            _retired = true;
            CompleteWhenLeft();
        }
    }

    private void CompleteWhenLeft()
    {
        if (_retired && _steps.Count == 0) _writer.Complete();
    }

    private async Task WriteAsync()
    {
        try
        {
            await _writer.RunAsync(batch =>
            {
                var request = new ExecuteRequest();
                request.Instructions.AddRange(batch);
                return _call.RequestStream.WriteAsync(request);
            });
            await _call.RequestStream.CompleteAsync();
        }
        catch (Exception)
        {
            // Whoever reads is told the same, and why.
            await _cut.CancelAsync();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None))
            {
                Volatile.Write(ref _heardAt, _time.GetTimestamp());
                Volatile.Write(ref _clock, _call.ResponseStream.Current.Clock);
                foreach (var report in _call.ResponseStream.Current.Reports) Take(report);
            }

            End(new Status(StatusCode.Unavailable, "The worker has ended the stream."));
        }
        catch (Exception cut)
        {
            End(Volatile.Read(ref _isSilent) ? new Status(StatusCode.Unavailable, "The worker was silent for too long.")
                : cut is RpcException { Status: var status } ? status
                : new Status(StatusCode.Internal, cut.Message));
        }
    }

    private void Take(Report report)
    {
        switch (report.MessageCase)
        {
            case Report.MessageOneofCase.Welcome:
                _welcome.TrySetResult(report.Welcome);
                break;
            case Report.MessageOneofCase.Draining:
                Retire();
                break;
            case Report.MessageOneofCase.Alive:
                break;
            default:
                StepReports? reports;
                lock (_lock) _steps.TryGetValue(report.Execution, out reports);
                reports?.Add(report);
                break;
        }
    }

    private void Listen()
    {
        var left = _options.WorkerLease - _time.GetElapsedTime(Volatile.Read(ref _heardAt));
        lock (_lock)
        {
            if (_hasEnded) return;
            if (left > TimeSpan.Zero)
            {
                _silence.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        Volatile.Write(ref _isSilent, true);
        _cut.Cancel();
    }

    private void End(Status why)
    {
        StepReports[] left;
        lock (_lock)
        {
            _hasEnded = true;
            left = [.. _steps.Values];
            _steps.Clear();
            _silence.Dispose();
        }

        _writer.Complete();
        _call.Dispose();
        _welcome.TrySetException(new RpcException(why));

        // Whatever ended the stream, it says nothing about any one step.
        foreach (var reports in left) reports.End(new RpcException(new Status(StatusCode.Unavailable, why.Detail)));
    }
}
