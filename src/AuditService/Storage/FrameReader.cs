using Loomflow.Audit;
using Microsoft.Win32.SafeHandles;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>Reads the frames of a segment one after the other, in constant memory.</summary>
internal sealed class FrameReader(SafeFileHandle file, long length, long offset = 0)
{
    private readonly byte[] _buffer = new byte[1024 * 1024];
    private int _start;
    private int _end;

    /// <summary>Where the next frame begins.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>How many bytes follow.</summary>
    public long Remaining => length - Offset;

    /// <summary>Moves to the next frame; its record is valid until the next call.</summary>
    public FrameStatus Read(out ReadOnlySpan<byte> record)
    {
        record = default;
        if (Remaining == 0) return FrameStatus.End;
        if (Remaining < AuditFormat.FrameHeaderSize) return FrameStatus.Torn;
        if (!Fill(AuditFormat.FrameHeaderSize)) return FrameStatus.Torn;
        if (!AuditFormat.TryReadFrameHeader(_buffer.AsSpan(_start), out var size)) return FrameStatus.Damaged;
        if (Remaining < AuditFormat.FrameHeaderSize + size || !Fill(AuditFormat.FrameHeaderSize + size)) return FrameStatus.Torn;

        record = _buffer.AsSpan(_start + AuditFormat.FrameHeaderSize, size);
        Skip(AuditFormat.FrameHeaderSize + size);
        return FrameStatus.Record;
    }

    /// <summary>After damage: moves to where the next record seems to begin, by its magic. False if none does.</summary>
    public bool Resynchronise()
    {
        var pattern = AuditFormat.Magic;
        Skip((int)Math.Min(1, Remaining));
        while (Fill((int)Math.Min(Remaining, AuditFormat.FrameHeaderSize + pattern.Length)) && Remaining >= AuditFormat.FrameHeaderSize + pattern.Length)
        {
            var found = _buffer.AsSpan(_start + AuditFormat.FrameHeaderSize, _end - _start - AuditFormat.FrameHeaderSize).IndexOf(pattern);
            if (found == 0 && AuditFormat.TryReadFrameHeader(_buffer.AsSpan(_start), out _)) return true;
            Skip(found > 0 ? found : found == 0 ? 1 : Math.Max(1, _end - _start - AuditFormat.FrameHeaderSize - pattern.Length + 1));
        }

        return false;
    }

    /// <summary>Whether everything that follows is zero: space that the file system gave to an append that never came.</summary>
    public bool IsRestZero()
    {
        var zeros = new byte[64 * 1024];
        for (var at = Offset; at < length;)
        {
            var read = RandomAccess.Read(file, zeros, at);
            if (read == 0) break;
            if (zeros.AsSpan(0, read).ContainsAnyExcept((byte)0)) return false;
            at += read;
        }

        return true;
    }

    private void Skip(int count)
    {
        _start += count;
        Offset += count;
    }

    private bool Fill(int count)
    {
        if (_end - _start >= count) return true;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < count)
        {
            var wanted = (int)Math.Min(_buffer.Length - _end, length - Offset - _end);
            var read = wanted <= 0 ? 0 : RandomAccess.Read(file, _buffer.AsSpan(_end, wanted), Offset + _end);
            if (read == 0) return false;
            _end += read;
        }

        return true;
    }
}
