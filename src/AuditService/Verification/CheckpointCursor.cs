using System.Text;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary>Goes through the signed notes of a file in step with the log, and compares each with the root that the log has there.</summary>
internal sealed class CheckpointCursor : IDisposable
{
    private readonly StreamReader _reader;
    private readonly IReadOnlyList<CheckpointKey> _keys;
    private readonly string _name;
    private string? _problem;

    public CheckpointCursor(string name, Stream notes, IReadOnlyList<CheckpointKey> keys)
    {
        (_name, _keys) = (name, keys);
        _reader = new StreamReader(notes, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false);
        Next = ReadNote();
    }

    /// <summary>The note that the log has not reached yet.</summary>
    public Checkpoint? Next { get; private set; }

    /// <summary>How many notes agreed with the log.</summary>
    public long Agreed { get; private set; }

    /// <summary>The largest size that a note which agreed covers.</summary>
    public long Covered { get; private set; }

    /// <summary>Judges the notes for the log's present size.</summary>
    public AuditDamage? Compare(ChainVerifier chain, ref (long Size, Digest Root) known)
    {
        while (true)
        {
            if (_problem is not null) return Broken(chain.Size, _problem);
            if (Next is null || Next.Size > chain.Size) return null;
            if (Next.Size < chain.Size) return Broken(Next.Size, $"a checkpoint of {Next.Size} records follows one of {Covered}");
            if (known.Size != chain.Size) known = (chain.Size, chain.Root());
            if (Next.Root != known.Root) return Broken(chain.Size, $"the log does not have the root that was signed for its first {chain.Size} records");
            if (chain.LogId is { } logId && Next.Origin != AuditFormat.Origin(logId)) return Broken(chain.Size, $"a checkpoint is of {Next.Origin}");
            (Agreed, Covered) = (Agreed + 1, chain.Size);
            Next = ReadNote();
        }
    }

    /// <summary>What is left when the log has ended: a checkpoint of more records than there are.</summary>
    public AuditDamage? AtEnd(long size) =>
        Next is null ? null : new AuditDamage(AuditDamageKind.Truncated, size, $"{_name} covers {Next.Size} records as of {Next.Time:yyyy-MM-dd HH:mm:ss}Z");

    public void Dispose() => _reader.Dispose();

    private AuditDamage Broken(long sequence, string problem) => new(AuditDamageKind.BrokenCheckpoint, sequence, $"{_name}: {problem}");

    // Notes stand one after the other, each with an empty line behind it.
    private Checkpoint? ReadNote()
    {
        try
        {
            var text = ReadBlock();
            if (text.Length == 0) return null;
            var signatures = ReadBlock();
            if (SignedNote.TryOpen($"{text}\n{signatures}", _keys, out var checkpoint, out var problem)) return checkpoint;
            _problem = $"a checkpoint cannot be believed: {problem}";
        }
        catch (DecoderFallbackException)
        {
            _problem = "a checkpoint is not text";
        }

        return null;
    }

    // Lines up to an empty one. The end of the file inside a block is a note that was cut off.
    private string ReadBlock()
    {
        var block = new StringBuilder();
        while (true)
        {
            var line = ReadLine();
            if (line is null)
            {
                if (block.Length > 0) _problem = "the last checkpoint is incomplete";
                return "";
            }

            if (line.Length == 0 && block.Length > 0) return block.ToString();
            block.Append(line).Append('\n');
            if (block.Length > 64 * 1024) return block.ToString();
        }
    }

    // StreamReader.ReadLine also takes carriage returns for line ends, and a changed byte must not pass for one.
    private string? ReadLine()
    {
        var line = new StringBuilder();
        while (_reader.Read() is var next and >= 0)
        {
            if (next == '\n') return line.ToString();
            line.Append((char)next);
            if (line.Length > 16 * 1024) break;
        }

        return line.Length == 0 ? null : line.Append('\0').ToString();
    }
}
