using Grpc.Core;
using Loomflow.V1;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>The executions under way in this process, and for a while those that have ended, by idempotency key.</summary>
internal sealed partial class ExecutionRegistry(
    HostedSteps steps, IOptions<WorkerOptions> options, TimeProvider time, IServiceProvider services, ILogger<ExecutionRegistry> logger)
{
    /// <summary>How long an orchestrator may take to hear what came of its step once the worker is done with it.</summary>
    private static readonly TimeSpan s_telling = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<ExecutionKey, Execution> _executions = [];
    private readonly Queue<Execution> _ended = new();
    private TaskCompletionSource? _drained;
    private TaskCompletionSource? _told;
    private int _listeners;
    private int _underWay;

    /// <summary>Executions whose code has not ended.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    public int Capacity => options.Value.Capacity;

    public bool IsDraining => Volatile.Read(ref _drained) is not null;

    /// <summary>Attaches an orchestrator's stream to the execution that a request names; begins one where there is none to go on with.</summary>
    /// <exception cref="RpcException">It cannot be begun here, or not now.</exception>
    public async Task<Execution> AttachAsync(StartExecution start, ExecutionStream stream, CancellationToken cancellationToken)
    {
        var key = ExecutionKey.Of(start);
        while (true)
        {
            Execution? earlier;
            lock (_lock)
            {
                ForgetOld();
                if (!_executions.TryGetValue(key, out earlier)) return Begin(key, start, stream);
                if (start.Attempt < earlier.Start.Attempt)
                {
                    throw Refused(StatusCode.FailedPrecondition, $"Attempt {start.Attempt} of {key} is over: attempt {earlier.Start.Attempt} is here.");
                }

                if (start.Attempt == earlier.Start.Attempt && start.Step == earlier.Start.Step && earlier.TryAttach(stream, Read(start))) return earlier;
                if (earlier.Completion.IsCompleted)
                {
                    _executions.Remove(key);
                    continue;
                }
            }

            // The same place must not be worked on twice at the same time.
            earlier.HandBack("the step is begun anew");
            LogBeginsAnew(key.ToString());
            await earlier.Completion.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes nothing new, lets executions go on for a while, then hands back what is left.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        Task drained;
        lock (_lock)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_underWay == 0) _drained.TrySetResult();
            drained = _drained.Task;
        }

        LogDraining(UnderWay);
        await drained.WaitAsync(options.Value.DrainTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Execution[] left;
        lock (_lock) left = [.. _executions.Values.Where(execution => !execution.Completion.IsCompleted)];
        foreach (var execution in left) execution.HandBack("the worker is stopping");
        if (left.Length > 0) LogHandedBack(left.Length);
        await WhenToldAsync().WaitAsync(s_telling, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>A call of an orchestrator begins. Until it is disposed, a stopping worker keeps its server, so that what came of the step is heard.</summary>
    public IDisposable Listen()
    {
        lock (_lock) _listeners++;
        return new Listener(this);
    }

    private Task WhenToldAsync()
    {
        lock (_lock)
        {
            _told ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_listeners == 0) _told.TrySetResult();
            return _told.Task;
        }
    }

    private sealed class Listener(ExecutionRegistry executions) : IDisposable
    {
        public void Dispose()
        {
            lock (executions._lock)
            {
                if (--executions._listeners == 0) executions._told?.TrySetResult();
            }
        }
    }

    private Execution Begin(ExecutionKey key, StartExecution start, ExecutionStream stream)
    {
        if (start.AttachOnly) throw Refused(StatusCode.NotFound, $"{key} is not known here.");
        if (_drained is not null) throw Refused(StatusCode.Unavailable, "The worker is stopping.");
        if (!steps.TryGet(start.Step, out var step))
        {
            throw Refused(StatusCode.Unimplemented, $"This worker does not host '{start.Step}'; it hosts {string.Join(", ", steps.Names)}.");
        }

        if (_underWay >= Capacity) throw Refused(StatusCode.ResourceExhausted, $"All {Capacity} places of this worker are taken.");

        var history = Read(start);
        var execution = new Execution(start, history, time, options.Value.OrphanGrace);
        execution.TryAttach(stream, Read(start));
        _executions[key] = execution;
        _underWay++;
        execution.Begin(step, services, logger);
        _ = WhenEndedAsync(execution);
        return execution;
    }

    private async Task WhenEndedAsync(Execution execution)
    {
        await execution.Completion;
        lock (_lock)
        {
            _ended.Enqueue(execution);
            if (--_underWay == 0) _drained?.TrySetResult();
            ForgetOld();
        }
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

    private static RpcException Refused(StatusCode code, string why) => new(new Status(code, why));

    [LoggerMessage(LogLevel.Information, "{Key} is here already and cannot go on from what is journaled: it is begun anew.")]
    private partial void LogBeginsAnew(string key);

    [LoggerMessage(LogLevel.Information, "Draining: {Count} executions are under way.")]
    private partial void LogDraining(int count);

    [LoggerMessage(LogLevel.Warning, "{Count} executions did not end in time and were handed back.")]
    private partial void LogHandedBack(int count);
}
