using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Loomflow.Audit;

/// <summary>A run's trail as the composition document prints it: one line per entry, nested runs further to the right.</summary>
public static class AuditTrail
{
    /// <summary>The trail of a root run, oldest first.</summary>
    public static IEnumerable<AuditTrailLine> Lines(IEnumerable<AuditRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        var depths = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            var entry = record.Entry;
            var run = entry.RunId ?? "";
            if (!depths.TryGetValue(run, out var depth))
            {
                // A run hangs below the step or tool call of its parent, which is itself one below the parent's own line.
                depth = entry.ParentRunId is { } parent && depths.TryGetValue(parent, out var parentDepth) ? parentDepth + 2 : 0;
                depths[run] = depth;
            }

            yield return new AuditTrailLine(record, IsOfRun(entry.Action) ? depth : depth + 1, Describe(entry));
        }
    }

    /// <summary>The trail as text.</summary>
    public static string Render(IEnumerable<AuditRecord> records)
    {
        var text = new StringBuilder();
        foreach (var line in Lines(records)) text.Append(' ', 2 * line.Depth).Append(line.Text).Append('\n');
        return text.ToString();
    }

    private static bool IsOfRun(string action) =>
        action.StartsWith("workflow_", StringComparison.Ordinal) || action.StartsWith("run_", StringComparison.Ordinal);

    private static string Describe(AuditEntry entry)
    {
        var text = new StringBuilder(entry.Action);
        var action = entry.Action;
        if (action.StartsWith("workflow_", StringComparison.Ordinal)) Add("workflow", entry.Subject);
        else if (action.StartsWith("run_", StringComparison.Ordinal)) Add("agent", entry.Subject);
        else if (action.StartsWith("tool_", StringComparison.Ordinal)) Add("tool", entry.Subject);
        else if (action.StartsWith("step_", StringComparison.Ordinal) || action is AuditAction.RouteTaken) Add("node", entry.Node);
        else Add("subject", entry.Subject);

        if (entry.Visit > 1) Add("visit", entry.Visit.ToString(CultureInfo.InvariantCulture));
        if (entry.Attempt > 1) Add("attempt", entry.Attempt.ToString(CultureInfo.InvariantCulture));
        foreach (var name in (ReadOnlySpan<string>)["label", "ok", "outcome", "error", "reason", "stop_reason"]) Add(name, Field(entry.Payload, name));
        Add("user_id", entry.Partition.UserId);
        return text.ToString();

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) text.Append(' ').Append(name).Append('=').Append(OneWord(value));
        }
    }

    private static string OneWord(string value) => value.Any(char.IsWhiteSpace) ? JsonSerializer.Serialize(value) : value;

    private static string? Field(ReadOnlyMemory<byte> payload, string name)
    {
        if (payload.IsEmpty) return null;
        try
        {
            using var json = JsonDocument.Parse(payload);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty(name, out var value)) return null;
            return value.ValueKind is JsonValueKind.String ? value.GetString() : value.GetRawText();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
