using System.Text;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Checkpoints;

/// <summary>A file of signed notes, each with an empty line behind it.</summary>
internal static class CheckpointFile
{
    private const int TailBytes = 64 * 1024;

    /// <summary>Adds a note durably; a note that a crash left incomplete is cut off first.</summary>
    public static void Append(string path, string note)
    {
        var isNew = !File.Exists(path);
        using (var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read))
        {
            file.SetLength(CompleteLength(file));
            file.Seek(0, SeekOrigin.End);
            file.Write(Encoding.UTF8.GetBytes(note + "\n"));
            file.Flush(flushToDisk: true);
        }

        if (isNew && Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory) DirectorySync.Flush(directory);
    }

    /// <summary>The last complete note, unverified.</summary>
    public static (string Note, Checkpoint Checkpoint)? ReadLast(string path)
    {
        if (!File.Exists(path)) return null;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var text = ReadTail(file, CompleteLength(file));
        var blocks = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        if (blocks.Length < 2) return null;
        var note = $"{blocks[^2]}\n\n{blocks[^1]}\n";
        return SignedNote.TryRead(note, out var checkpoint) ? (note, checkpoint) : null;
    }

    /// <summary>The notes of a file, one by one.</summary>
    public static IEnumerable<string> Split(string notes)
    {
        // A note is two blocks: the text, and the signatures.
        foreach (var blocks in notes.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Chunk(2))
        {
            if (blocks is [var text, var signatures]) yield return $"{text}\n\n{signatures}\n";
        }
    }

    private static long CompleteLength(FileStream file)
    {
        var tail = ReadTail(file, file.Length);
        for (var end = tail.Length; (end = tail.LastIndexOf("\n\n", Math.Max(0, end - 1), StringComparison.Ordinal)) > 0;)
        {
            var line = tail[(tail.LastIndexOf('\n', end - 1) + 1)..end];
            if (line.StartsWith('\u2014')) return file.Length - Encoding.UTF8.GetByteCount(tail.AsSpan(end + 2));
        }

        return file.Length > TailBytes ? file.Length : 0;
    }

    private static string ReadTail(FileStream file, long end)
    {
        var start = Math.Max(0, end - TailBytes);
        var bytes = new byte[end - start];
        file.Seek(start, SeekOrigin.Begin);
        file.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
