using Loomflow.Audit;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>An audit log that takes the entry of a tool call when a test lets it.</summary>
internal sealed class HeldAuditLog : IAuditLog, IDisposable
{
    private readonly InMemoryAuditLog _log = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _passed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the entry has come.</summary>
    public Task Held => _held.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    public void LetPass() => _passed.SetResult();

    public async ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        if (entry.Action == AuditAction.ToolCall)
        {
            _held.TrySetResult();
            await _passed.Task.WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        }

        return await _log.AppendAsync(entry, cancellationToken);
    }

    public void Dispose() => _log.Dispose();
}
