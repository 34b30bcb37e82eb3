using Loomflow.Aspire.AuditService.Indexing;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>Entries on their way to the disk, and what became of each.</summary>
internal sealed class PendingAppend(PreparedEntry[] entries)
{
    private readonly TaskCompletionSource<AppendOutcome[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PreparedEntry[] Entries { get; } = entries;

    /// <summary>What each entry is found by; hashed on the caller's thread, like the rest that can be.</summary>
    public IndexEntry.TermHashes[] Terms { get; } = TermHash.Of(entries);

    public AppendOutcome[] Outcomes { get; } = new AppendOutcome[entries.Length];

    /// <summary>Set to hand over to another key; the one entry is then the record of it.</summary>
    public AuditKey? RotateTo { get; init; }

    public Task<AppendOutcome[]> Completion => _completion.Task;

    public void Complete() => _completion.TrySetResult(Outcomes);

    public void Fail(Exception exception) => _completion.TrySetException(exception);
}
