using Loomflow.V1;

namespace Loomflow.Audit.Client;

/// <summary>Entries that were appended together and wait for their acknowledgements.</summary>
internal sealed class PendingAppend((V1.AuditEntry Message, int Size)[] entries, SemaphoreSlim room)
{
    private readonly TaskCompletionSource<AuditReceipt[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AuditReceipt[] _receipts = new AuditReceipt[entries.Length];
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private CancellationTokenRegistration _cancellation;
    private int _admitted;
    private int _acknowledged;
    private Exception? _refused;

    /// <summary>The entries, each with the bytes that it takes in a message.</summary>
    public IReadOnlyList<(V1.AuditEntry Message, int Size)> Entries => entries;

    public Task<AuditReceipt[]> Completion => _completion.Task;

    /// <summary>Whether the caller does not wait any more.</summary>
    public bool IsAbandoned => _completion.Task.IsCompleted;

    public void FailAfter(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (timeout > TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            _timer = time.CreateTimer(
                static state => ((PendingAppend)state!).Fail(new AuditUnavailableException("The audit service did not acknowledge every entry in time; it may or may not have them. Append them again.")),
                this, timeout, Timeout.InfiniteTimeSpan);
        }

        _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((PendingAppend)state!).End(completion => completion.TrySetCanceled(token)), this);
    }

    /// <summary>Notes that room was taken for one more entry; gives it back if nobody waits for it any more.</summary>
    /// <returns>Whether it is to be sent.</returns>
    public bool Admit()
    {
        lock (_lock)
        {
            if (!IsAbandoned)
            {
                _admitted++;
                return true;
            }
        }

        GiveBack(1);
        return false;
    }

    /// <summary>Takes the acknowledgement of one entry. An entry that is refused fails the append once the others are acknowledged.</summary>
    public void Acknowledge(int index, Acknowledgement acknowledgement)
    {
        switch (acknowledgement.ResultCase)
        {
            case Acknowledgement.ResultOneofCase.Appended:
                var appended = acknowledgement.Appended;
                _receipts[index] = new AuditReceipt(appended.Sequence, new Digest(appended.LeafHash.Span), appended.Duplicate);
                break;
            case Acknowledgement.ResultOneofCase.Conflict:
                _refused ??= new AuditConflictException(entries[index].Message.EventId, acknowledgement.Conflict.Sequence);
                break;
            case Acknowledgement.ResultOneofCase.Rejected:
                _refused ??= new ArgumentException(acknowledgement.Rejected);
                break;
            default:
                _refused ??= new AuditUnavailableException(acknowledgement.Unavailable);
                break;
        }

        if (++_acknowledged < entries.Length) return;
        if (_refused is { } refused) Fail(refused);
        else End(completion => completion.TrySetResult(_receipts));
    }

    public void Fail(Exception exception) => End(completion => completion.TrySetException(exception));

    private void End(Func<TaskCompletionSource<AuditReceipt[]>, bool> complete)
    {
        int admitted;
        lock (_lock)
        {
            if (!complete(_completion)) return;
            admitted = _admitted;
        }

        _timer?.Dispose();
        _cancellation.Unregister();
        GiveBack(admitted);
    }

    private void GiveBack(int count)
    {
        if (count == 0) return;
        try
        {
            room.Release(count);
        }
        catch (ObjectDisposedException)
        {
            // The client was closed meanwhile; nobody waits for room.
        }
    }
}
