namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>Bytes of a batch; keeps its memory between batches, up to a limit.</summary>
internal sealed class GrowingBuffer(int initialCapacity)
{
    private const int KeptCapacity = 8 * 1024 * 1024;

    private byte[] _bytes = new byte[initialCapacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Room at the end, counted as written.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + count));
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void GiveBack(int count) => Length -= count;

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptCapacity) _bytes = new byte[initialCapacity];
    }
}
