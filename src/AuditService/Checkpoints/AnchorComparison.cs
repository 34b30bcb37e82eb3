using Loomflow.Aspire.AuditService.Keys;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Checkpoints;

/// <summary>
/// Compares a log with what was published elsewhere before anything is written to it. A published checkpoint of more than the
/// log has means that the log, or its whole disk, went back to an older state; writing on would make two histories of it.
/// </summary>
internal sealed partial class AnchorComparison(IEnumerable<ICheckpointAnchor> anchors, AuditOptions options, ILogger<AnchorComparison> logger)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public AuditDamage? Compare(LogFiles files, RecoveredLog log)
    {
        if (log.Head.Size == 0) return null;
        var origin = AuditFormat.Origin(log.LogId);
        using var signer = KeyRingLoader.LoadSigner(options, origin, log.FirstKey);
        List<CheckpointKey> keys = [.. CheckpointKeyFile.Read(files), signer.PublicKey];
        return anchors.Select(anchor => Compare(anchor, origin, keys, log)).FirstOrDefault(damage => damage is not null);
    }

    private AuditDamage? Compare(ICheckpointAnchor anchor, string origin, List<CheckpointKey> keys, RecoveredLog log)
    {
        var newest = Read(anchor, origin)
            .Select(note => SignedNote.TryOpen(note, keys, out var checkpoint, out _) ? checkpoint : null)
            .MaxBy(checkpoint => checkpoint?.Size ?? -1);
        if (newest is null) return null;
        if (newest.Size > log.Head.Size) return new AuditDamage(AuditDamageKind.Truncated, log.Head.Size, $"{anchor.Name} covers {newest.Size} records as of {newest.Time:u}");
        return MerkleTree.Root(newest.Size, log.Tree) == newest.Root
            ? null
            : new AuditDamage(AuditDamageKind.BrokenCheckpoint, newest.Size, $"the log does not have the root that {anchor.Name} has for its first {newest.Size} records");
    }

    private IEnumerable<string> Read(ICheckpointAnchor anchor, string origin)
    {
        try
        {
            // The service has not started yet: there is nothing that this could hold up.
            using var patience = new CancellationTokenSource(s_patience);
            return CheckpointFile.Split(anchor.ReadAsync(origin, patience.Token).GetAwaiter().GetResult());
        }
        catch (Exception e)
        {
            Log.Unreadable(logger, anchor.Name, e);
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Anchor} could not be read; the log is opened without comparing it")]
        public static partial void Unreadable(ILogger logger, string anchor, Exception exception);
    }
}
