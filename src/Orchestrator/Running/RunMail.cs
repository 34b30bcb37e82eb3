using System.Collections.Concurrent;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>
/// The mail of a run that this orchestrator owns: signals, answers and requests to stop go from the run's inbox to its execution, answers also
/// to whoever waits for one here. Reading a message twice is harmless: all of them are idempotent.
/// </summary>
internal sealed class RunMail(RedisRunStore store, string runId, TimeProvider time, CancellationToken released) : IApprovals
{
    private const string Beginning = "0-0";

    private readonly ConcurrentDictionary<string, TaskCompletionSource<ApprovalDecision>> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _handed = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _reading = new(1);
    private RunExecution? _execution;
    private bool _wasEmpty;
    private bool _announced;

    /// <summary>The position in the inbox of the last message that was read.</summary>
    public string Last { get; private set; } = Beginning;

    /// <summary>There was no mail when the run was acquired: nothing has to be read until some is announced.</summary>
    public void WasEmpty() => _wasEmpty = true;

    /// <summary>From here on mail goes to an execution, beginning with all that there is.</summary>
    public async Task OpenAsync(RunExecution execution)
    {
        await _reading.WaitAsync(released);
        (_execution, Last) = (execution, Beginning);
        var isEmpty = _wasEmpty && !_announced;
        _wasEmpty = false;
        _reading.Release();
        if (!isEmpty) await ReadAsync();
    }

    /// <summary>The execution takes nothing in any more: what comes from here on stays unread, so that the run is not let go without it.</summary>
    public async Task CloseAsync()
    {
        await _reading.WaitAsync();
        _execution = null;
        _reading.Release();
    }

    /// <summary>Looks into the inbox.</summary>
    public async Task ReadAsync()
    {
        await _reading.WaitAsync(released);
        try
        {
            _announced = true;
            if (_execution is not { } execution) return;
            foreach (var (position, message) in await store.ReadInboxAsync(runId, Last))
            {
                if (message.Signal is { } signal) execution.Signal(signal with { SignalId = signal.SignalId ?? $"mail/{position}" });
                if (message.Cancel is { } reason) execution.Cancel(reason);
                if (message.Decided is { } decided && !HandOver(decided)) execution.Decide(decided);
                Last = position;
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Ends the execution that mail goes to.</summary>
    public void Fail(Failure failure) => _execution?.Fail(failure);

    /// <summary>Whether an answer was handed to somebody here and may not have got any further.</summary>
    public bool WasHandedOver(string approvalId) => _handed.Contains(approvalId);

    public async ValueTask<ApprovalDecision> RequestAsync(ApprovalRequest request, CancellationToken cancellationToken)
    {
        var answer = _asked.GetOrAdd(request.ApprovalId, _ => new TaskCompletionSource<ApprovalDecision>(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            var left = request.Deadline - time.GetUtcNow();
            return left is null ? await answer.Task.WaitAsync(cancellationToken)
                : await answer.Task.WaitAsync(left > TimeSpan.Zero ? left.Value : TimeSpan.Zero, time, cancellationToken);
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

    /// <summary>Hands an answer to whoever waits for it here. A second time, because the run idled before the answer got there, it goes to the execution.</summary>
    private bool HandOver(ApprovalDecided decided) =>
        !_handed.Contains(decided.ApprovalId)
        && _asked.TryRemove(decided.ApprovalId, out var waiting) && waiting.TrySetResult(decided.Decision)
        && _handed.Add(decided.ApprovalId);
}
