using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Loomflow.Audit;

/// <summary>The producer's part of a record: two integers, a time and twelve texts.</summary>
public static class EntryCodec
{
    private const int FixedSize = 16;
    private const int TextFields = 12;
    private const int ScratchSize = FixedSize + (TextFields * (2 + AuditFormat.MaxFieldBytes));

    [ThreadStatic]
    private static byte[]? t_scratch;

    /// <summary>The canonical bytes of everything but the payload.</summary>
    /// <exception cref="ArgumentException">A required field is missing or a field exceeds its limit; the message names it.</exception>
    public static byte[] Encode(AuditEntry entry) => EncodeToScratch(entry).ToArray();

    /// <summary>The same bytes, valid until this thread encodes again.</summary>
    internal static ReadOnlySpan<byte> EncodeToScratch(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (string.IsNullOrEmpty(entry.EventId)) throw new ArgumentException("An audit entry needs an EventId: it makes appending idempotent.", nameof(entry));
        if (string.IsNullOrEmpty(entry.Action)) throw new ArgumentException($"Audit entry '{entry.EventId}' has no Action.", nameof(entry));
        if (string.IsNullOrEmpty(entry.Actor)) throw new ArgumentException($"Audit entry '{entry.EventId}' has no Actor.", nameof(entry));

        var scratch = t_scratch ??= new byte[ScratchSize];
        BinaryPrimitives.WriteInt64BigEndian(scratch, AuditFormat.ToTicks(entry.Time));
        BinaryPrimitives.WriteInt32BigEndian(scratch.AsSpan(8), entry.Visit);
        BinaryPrimitives.WriteInt32BigEndian(scratch.AsSpan(12), entry.Attempt);
        var writer = new TextWriter(scratch, entry.EventId);
        writer.Write(entry.EventId, nameof(entry.EventId));
        writer.Write(entry.Action, nameof(entry.Action));
        writer.Write(entry.Actor, nameof(entry.Actor));
        writer.Write(entry.Partition);
        writer.Write(entry.SessionId, nameof(entry.SessionId));
        writer.Write(entry.RunId, nameof(entry.RunId));
        writer.Write(entry.RootRunId, nameof(entry.RootRunId));
        writer.Write(entry.ParentRunId, nameof(entry.ParentRunId));
        writer.Write(entry.Subject, nameof(entry.Subject));
        writer.Write(entry.Node, nameof(entry.Node));
        writer.Write(entry.TraceId, nameof(entry.TraceId));
        writer.Write(entry.SpanId, nameof(entry.SpanId));
        return scratch.AsSpan(0, writer.Position);
    }

    /// <summary>Reads what <see cref="Encode"/> wrote, without the payload.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, [NotNullWhen(true)] out AuditEntry? entry)
    {
        entry = null;
        Span<Range> texts = stackalloc Range[TextFields];
        if (!TrySplit(source, texts)) return false;
        PartitionKey partition;
        try
        {
            partition = PartitionKey.Decode(Text(source[texts[3]])!);
        }
        catch (Exception e) when (e is FormatException or ArgumentNullException)
        {
            return false;
        }

        entry = new AuditEntry
        {
            Time = AuditFormat.FromTicks(BinaryPrimitives.ReadInt64BigEndian(source)),
            Visit = BinaryPrimitives.ReadInt32BigEndian(source[8..]),
            Attempt = BinaryPrimitives.ReadInt32BigEndian(source[12..]),
            EventId = Text(source[texts[0]]) ?? "",
            Action = Text(source[texts[1]]) ?? "",
            Actor = Text(source[texts[2]]) ?? "",
            Partition = partition,
            SessionId = Text(source[texts[4]]),
            RunId = Text(source[texts[5]]),
            RootRunId = Text(source[texts[6]]),
            ParentRunId = Text(source[texts[7]]),
            Subject = Text(source[texts[8]]),
            Node = Text(source[texts[9]]),
            TraceId = Text(source[texts[10]]),
            SpanId = Text(source[texts[11]]),
        };
        return true;
    }

    /// <summary>Where the twelve texts stand, in the order that <see cref="Encode"/> writes them; false if the bytes are not an entry.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> source, Span<Range> texts)
    {
        var position = FixedSize;
        for (var i = 0; i < TextFields; i++)
        {
            if (position + 2 > source.Length) return false;
            var start = position + 2;
            position = start + BinaryPrimitives.ReadUInt16BigEndian(source[position..]);
            if (position > source.Length) return false;
            texts[i] = start..position;
        }

        return position == source.Length;
    }

    private static string? Text(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes);

    private ref struct TextWriter(Span<byte> buffer, string eventId)
    {
        private readonly Span<byte> _buffer = buffer;

        public int Position { get; private set; } = FixedSize;

        public void Write(string? text, string field)
        {
            var written = 0;
            if (text is not null && !Encoding.UTF8.TryGetBytes(text, _buffer.Slice(Position + 2, AuditFormat.MaxFieldBytes), out written))
            {
                throw new ArgumentException($"Audit entry '{eventId}': {field} is longer than {AuditFormat.MaxFieldBytes} bytes.", field);
            }

            Advance(written);
        }

        // The text of PartitionKey.Encode(), without making a string of the ordinary user id.
        public void Write(PartitionKey partition)
        {
            if (partition.UserId is { } user && user.Length <= AuditFormat.MaxFieldBytes - 2 && !user.AsSpan().ContainsAnyExcept(PercentEncoding.Unreserved))
            {
                var target = _buffer.Slice(Position + 2, 2 + user.Length);
                "u:"u8.CopyTo(target);
                Utf8.FromUtf16(user, target[2..], out _, out var written);
                Advance(2 + written);
                return;
            }

            Write(partition.Encode(), nameof(AuditEntry.Partition));
        }

        private void Advance(int written)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_buffer[Position..], (ushort)written);
            Position += 2 + written;
        }
    }
}
