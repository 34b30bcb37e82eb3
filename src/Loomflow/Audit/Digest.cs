using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Loomflow.Audit;

/// <summary>A SHA-256 value: 32 bytes, held without an allocation.</summary>
public readonly struct Digest : IEquatable<Digest>
{
    /// <summary>Its size in bytes.</summary>
    public const int Size = 32;

    private readonly ulong _0;
    private readonly ulong _1;
    private readonly ulong _2;
    private readonly ulong _3;

    /// <summary>Copies 32 bytes.</summary>
    /// <exception cref="ArgumentException">There are not 32 bytes.</exception>
    public Digest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException($"A digest has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        _0 = MemoryMarshal.Read<ulong>(bytes);
        _1 = MemoryMarshal.Read<ulong>(bytes[8..]);
        _2 = MemoryMarshal.Read<ulong>(bytes[16..]);
        _3 = MemoryMarshal.Read<ulong>(bytes[24..]);
    }

    /// <summary>The bytes, in place.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> AsSpan() => MemoryMarshal.AsBytes(new ReadOnlySpan<Digest>(in this));

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray() => AsSpan().ToArray();

    /// <summary>Reads hexadecimal.</summary>
    /// <exception cref="FormatException">The text is not 64 hexadecimal digits.</exception>
    public static Digest Parse(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return hex.Length == 2 * Size ? new Digest(Convert.FromHexString(hex)) : throw new FormatException($"'{hex}' is not a digest: expected {2 * Size} hexadecimal digits.");
    }

    /// <inheritdoc />
    public bool Equals(Digest other) => _0 == other._0 && _1 == other._1 && _2 == other._2 && _3 == other._3;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => _0.GetHashCode();

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(AsSpan());

    /// <summary>Whether the bytes are equal.</summary>
    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    /// <summary>Whether the bytes differ.</summary>
    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);
}
