using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Checkpoints;

/// <summary>
/// The public keys of a log's checkpoints, one verifier key per line, for convenience: who verifies for others takes the key
/// from a place that the log's owner cannot change.
/// </summary>
internal static class CheckpointKeyFile
{
    /// <exception cref="LogDamagedException">A line is not a verifier key.</exception>
    public static IReadOnlyList<CheckpointKey> Read(LogFiles files)
    {
        if (!File.Exists(files.CheckpointKeys)) return [];
        try
        {
            return [.. File.ReadLines(files.CheckpointKeys).Where(line => line.Length > 0).Select(CheckpointKey.Parse)];
        }
        catch (FormatException e)
        {
            throw new LogDamagedException(new AuditDamage(AuditDamageKind.BrokenCheckpoint, 0, $"the file '{files.CheckpointKeys}': {e.Message}"));
        }
    }

    public static void Add(LogFiles files, CheckpointKey key)
    {
        if (Read(files).Any(known => known.Text == key.Text)) return;
        File.AppendAllText(files.CheckpointKeys, key.Text + "\n");
    }
}
