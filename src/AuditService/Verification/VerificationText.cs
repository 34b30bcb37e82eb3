using System.Globalization;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>A verification's result for people.</summary>
internal static class VerificationText
{
    public static string Describe(AuditVerification result)
    {
        var lines = new List<string>();
        if (result.Damage is { } damage)
        {
            lines.Add($"DAMAGED: {damage}");
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"The {result.Entries} records before it are intact."));
        }
        else
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"INTACT: {result.Entries} records, root {result.Root}"));
        }

        lines.Add(result.MacsChecked ? "Every authentication code was checked." : "Checked without the secret: hashes, links and signed checkpoints, but not authentication codes.");
        lines.Add(result.Checkpoints == 0
            ? "No checkpoint was found."
            : string.Create(CultureInfo.InvariantCulture, $"{result.Checkpoints} signed checkpoints agree, the largest over {result.CheckpointedEntries} records."));
        if (!result.MacsChecked && result.IsIntact && result.CheckpointedEntries < result.Entries)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"The last {result.Entries - result.CheckpointedEntries} records are not covered by a checkpoint yet: without the secret, nothing proves them."));
        }

        if (result.ErasedPayloads > 0) lines.Add(string.Create(CultureInfo.InvariantCulture, $"{result.ErasedPayloads} payloads are erased, each with its erasure on record."));
        if (result.ClockRegressions > 0) lines.Add(string.Create(CultureInfo.InvariantCulture, $"The clock went backwards {result.ClockRegressions} times."));
        return string.Join('\n', lines) + "\n";
    }
}
