using System.Globalization;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>How the files of a log are called.</summary>
internal sealed class LogFiles(string root)
{
    public string Root { get; } = Path.GetFullPath(root);

    public string Segments => Path.Combine(Root, "segments");

    public string Head => Path.Combine(Root, "head");

    public string Checkpoints => Path.Combine(Root, "checkpoints");

    public string CheckpointKeys => Path.Combine(Root, "checkpoint.keys");

    public string Tree => Path.Combine(Root, "tree");

    public string Lock => Path.Combine(Root, "writer.lock");

    public string Records(long firstSequence) => Segment(firstSequence, ".log");

    public string Payloads(long firstSequence) => Segment(firstSequence, ".pay");

    public string Index(long firstSequence) => Segment(firstSequence, ".idx");

    /// <summary>The first sequence numbers of the segments, ascending.</summary>
    public IReadOnlyList<long> ListSegments() =>
        !Directory.Exists(Segments) ? [] :
        [
            .. Directory.EnumerateFiles(Segments, "*.log")
                .Select(path => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : -1)
                .Where(first => first >= 0)
                .Order(),
        ];

    private string Segment(long firstSequence, string extension) =>
        Path.Combine(Segments, firstSequence.ToString("D20", CultureInfo.InvariantCulture) + extension);
}
