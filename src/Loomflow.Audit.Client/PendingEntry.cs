using Loomflow.V1;

namespace Loomflow.Audit.Client;

/// <summary>An entry that waits for its acknowledgement.</summary>
internal sealed class PendingEntry(V1.AuditEntry message, SemaphoreSlim room)
{
    private readonly TaskCompletionSource<AuditReceipt> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private CancellationTokenRegistration _cancellation;

    public V1.AuditEntry Message { get; } = message;

    public Task<AuditReceipt> Completion => _completion.Task;

    /// <summary>Whether the caller does not wait any more.</summary>
    public bool IsAbandoned => _completion.Task.IsCompleted;

    public void FailAfter(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (timeout > TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            _timer = time.CreateTimer(
                static state => ((PendingEntry)state!).Fail(new AuditUnavailableException("The audit service did not acknowledge the entry in time; it may or may not have it. Append it again.")),
                this, timeout, Timeout.InfiniteTimeSpan);
        }

        _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((PendingEntry)state!).Cancel(token), this);
    }

    public void Complete(Acknowledgement acknowledgement)
    {
        switch (acknowledgement.ResultCase)
        {
            case Acknowledgement.ResultOneofCase.Appended:
                var appended = acknowledgement.Appended;
                if (_completion.TrySetResult(new AuditReceipt(appended.Sequence, new Digest(appended.LeafHash.Span), appended.Duplicate))) Release();
                break;
            case Acknowledgement.ResultOneofCase.Conflict:
                Fail(new AuditConflictException(Message.EventId, acknowledgement.Conflict.Sequence));
                break;
            case Acknowledgement.ResultOneofCase.Rejected:
                Fail(new ArgumentException(acknowledgement.Rejected));
                break;
            default:
                Fail(new AuditUnavailableException(acknowledgement.Unavailable));
                break;
        }
    }

    public void Fail(Exception exception)
    {
        if (_completion.TrySetException(exception)) Release();
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (_completion.TrySetCanceled(cancellationToken)) Release();
    }

    private void Release()
    {
        _timer?.Dispose();
        _cancellation.Unregister();
        try
        {
            room.Release();
        }
        catch (ObjectDisposedException)
        {
            // The client was closed meanwhile; nobody waits for room.
        }
    }
}
