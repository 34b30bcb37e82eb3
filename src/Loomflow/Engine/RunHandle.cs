namespace Loomflow;

/// <summary>A run under way in this process, for whoever wants to signal it, answer its questions or stop it.</summary>
public sealed class RunHandle : IApprovals
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (ApprovalRequest Request, TaskCompletionSource<ApprovalDecision> Answer)> _open = new(StringComparer.Ordinal);
    private readonly List<Arrival> _early = [];
    private RunDriver? _driver;

    /// <summary>The run's id.</summary>
    public string RunId { get; init; } = RunIdentity.NewRunId();

    /// <summary>Questions without an answer.</summary>
    public IReadOnlyList<ApprovalRequest> OpenApprovals
    {
        get { lock (_lock) return [.. _open.Values.Select(open => open.Request)]; }
    }

    /// <summary>Completes when a question has been asked that is still open.</summary>
    public Task<ApprovalRequest> NextApprovalAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_open.Count > 0) return Task.FromResult(_open.Values.First().Request);
            _asked ??= new TaskCompletionSource<ApprovalRequest>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _asked.Task.WaitAsync(cancellationToken);
        }
    }

    private TaskCompletionSource<ApprovalRequest>? _asked;

    /// <summary>Answers a question.</summary>
    /// <returns>Whether the question was open; answering twice changes nothing.</returns>
    public bool Answer(string approvalId, ApprovalDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        lock (_lock)
        {
            return _open.Remove(approvalId, out var open) && open.Answer.TrySetResult(decision);
        }
    }

    /// <summary>Sends a signal. It is kept until a step waits for its name.</summary>
    public void Signal(string name, object? data = null, string? sender = null) =>
        Post(new Arrival(ArrivalKind.Signalled) { Value = new SignalReceived { Name = name, Data = Payload.Of(data), Sender = sender } });

    /// <summary>Asks the run to stop.</summary>
    public void Cancel(string reason = "cancelled by the caller") => Post(new Arrival(ArrivalKind.CancelRequested) { Value = reason });

    async ValueTask<ApprovalDecision> IApprovals.RequestAsync(ApprovalRequest request, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<ApprovalDecision>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _open[request.ApprovalId] = (request, answer);
            _asked?.TrySetResult(request);
            _asked = null;
        }

        try
        {
            return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock) _open.Remove(request.ApprovalId);
        }
    }

    internal void Attach(RunDriver driver)
    {
        lock (_lock)
        {
            _driver = driver;
            foreach (var arrival in _early) driver.Post(arrival);
            _early.Clear();
        }
    }

    private void Post(Arrival arrival)
    {
        lock (_lock)
        {
            if (_driver is null) _early.Add(arrival);
            else _driver.Post(arrival);
        }
    }
}
