using Grpc.Core;
using Loomflow.V1;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>The executions under way in this process, and for a while those that have ended, by idempotency key.</summary>
internal sealed partial class ExecutionRegistry(
    HostedSteps steps, IOptions<WorkerOptions> options, TimeProvider time, IServiceProvider services, ILogger<ExecutionRegistry> logger) : IDisposable
{
    /// <summary>How long an orchestrator may take to hear what came of its step once the worker is done with it.</summary>
    private static readonly TimeSpan s_telling = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<ExecutionKey, Execution> _executions = [];
    private readonly Queue<Execution> _ended = new();
    private readonly HashSet<OrchestratorStream> _listeners = [];
    private readonly CancellationTokenSource _over = new();
    private TaskCompletionSource? _drained;
    private TaskCompletionSource? _told;
    private int _places;
    private int _running;

    /// <summary>Executions whose code has not ended.</summary>
    public int UnderWay => Volatile.Read(ref _places);

    public int Capacity => options.Value.Capacity;

    /// <summary>Cancelled when a stopping worker has waited long enough for orchestrators to hear what came of their steps.</summary>
    public CancellationToken Over => _over.Token;

    public IServiceProvider Services => services;

    public ILogger Logger => logger;

    /// <summary>Attaches an orchestrator to the execution that it names; begins one where there is none to go on with.</summary>
    /// <exception cref="RpcException">It cannot be begun here, or not now.</exception>
    public async ValueTask<Execution> AttachAsync(StartExecution start, Attachment attachment, CancellationToken cancellationToken)
    {
        var key = ExecutionKey.Of(start);
        while (true)
        {
            Execution? earlier;
            lock (_lock)
            {
                ForgetOld();
                if (!_executions.TryGetValue(key, out earlier)) return Begin(key, start, attachment);
                if (start.Attempt < earlier.Start.Attempt)
                {
                    throw Refused(StatusCode.FailedPrecondition, $"Attempt {start.Attempt} of {key} is over: attempt {earlier.Start.Attempt} is here.");
                }

                if (start.Attempt == earlier.Start.Attempt && start.Step == earlier.Start.Step && earlier.TryAttach(attachment, Read(start))) return earlier;
                if (earlier.Completion.IsCompleted)
                {
                    _executions.Remove(key);
                    continue;
                }
            }

            // The same place must not be worked on twice at the same time.
            earlier.HandBack(StatusCode.Aborted, "The step is begun anew.");
            LogBeginsAnew(key.ToString());
            await earlier.Completion.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes nothing new, lets executions go on for a while, then hands back what is left.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        Task drained;
        OrchestratorStream[] listeners;
        lock (_lock)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_running == 0) _drained.TrySetResult();
            drained = _drained.Task;
            listeners = [.. _listeners];
        }

        LogDraining(UnderWay);
        foreach (var listener in listeners) listener.SayDraining();
        await drained.WaitAsync(options.Value.DrainTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Execution[] left;
        lock (_lock) left = [.. _executions.Values.Where(execution => execution.EndedAt is null)];
        foreach (var execution in left) execution.HandBack(StatusCode.Unavailable, "The worker is stopping.");
        if (left.Length > 0) LogHandedBack(left.Length);
        await WhenToldAsync().WaitAsync(s_telling, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _over.CancelAsync();
    }

    /// <summary>
    /// An orchestrator has opened its stream. Until this is disposed, a stopping worker keeps its server, so that what came of steps is heard:
    /// an orchestrator that knows of the stop ends its stream when it waits for nothing any more.
    /// </summary>
    public IDisposable Listen(OrchestratorStream stream)
    {
        bool draining;
        lock (_lock)
        {
            _listeners.Add(stream);
            draining = _drained is not null;
        }

        if (draining) stream.SayDraining();
        return new Listening(this, stream);
    }

    /// <summary>The code of an execution has ended: another one may begin.</summary>
    public void FreePlace() => Interlocked.Decrement(ref _places);

    /// <summary>An execution has told its result, or keeps it for whoever asks.</summary>
    public void Ended(Execution execution)
    {
        lock (_lock)
        {
            _ended.Enqueue(execution);
            if (--_running == 0) _drained?.TrySetResult();
            ForgetOld();
        }
    }

    public void Dispose() => _over.Dispose();

    private Task WhenToldAsync()
    {
        lock (_lock)
        {
            _told ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_listeners.Count == 0) _told.TrySetResult();
            return _told.Task;
        }
    }

    private Execution Begin(ExecutionKey key, StartExecution start, Attachment attachment)
    {
        if (start.AttachOnly) throw Refused(StatusCode.NotFound, $"{key} is not known here.");
        if (_drained is not null) throw Refused(StatusCode.Unavailable, "The worker is stopping.");
        if (!steps.TryGet(start.Step, out var step))
        {
            throw Refused(StatusCode.Unimplemented, $"This worker does not host '{start.Step}'; it hosts {string.Join(", ", steps.Names)}.");
        }

        if (UnderWay >= Capacity) throw Refused(StatusCode.ResourceExhausted, $"All {Capacity} places of this worker are taken.");

        var execution = new Execution(start, step, Read(start), attachment, this, time, options.Value.OrphanGrace);
        _executions[key] = execution;
        Interlocked.Increment(ref _places);
        _running++;
        execution.Begin();
        return execution;
    }

    private void ForgetOld()
    {
        var oldest = time.GetUtcNow() - options.Value.Retention;
        while (_ended.TryPeek(out var execution) && (execution.EndedAt <= oldest || _ended.Count > options.Value.RetainedResults))
        {
            _ended.Dequeue();
            if (_executions.TryGetValue(execution.Key, out var current) && current == execution) _executions.Remove(execution.Key);
        }
    }

    private static List<RunEvent> Read(StartExecution start) => [.. start.History.Select(runEvent => RunEventJson.Read(runEvent.Span))];

    private sealed class Listening(ExecutionRegistry executions, OrchestratorStream stream) : IDisposable
    {
        public void Dispose()
        {
            lock (executions._lock)
            {
                executions._listeners.Remove(stream);
                if (executions._listeners.Count == 0) executions._told?.TrySetResult();
            }
        }
    }

    private static RpcException Refused(StatusCode code, string why) => new(new Status(code, why));

    [LoggerMessage(LogLevel.Information, "{Key} is here already and cannot go on from what is journaled: it is begun anew.")]
    private partial void LogBeginsAnew(string key);

    [LoggerMessage(LogLevel.Information, "Draining: {Count} executions are under way.")]
    private partial void LogDraining(int count);

    [LoggerMessage(LogLevel.Warning, "{Count} executions did not end in time and were handed back.")]
    private partial void LogHandedBack(int count);
}
