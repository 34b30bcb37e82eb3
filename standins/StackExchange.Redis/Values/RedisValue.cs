using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace StackExchange.Redis;

/// <summary>A value as Redis sees it: nothing, an integer, a floating-point number, text or bytes.</summary>
public readonly partial struct RedisValue : IEquatable<RedisValue>, IComparable<RedisValue>, IComparable
{
    private static readonly object s_signed = new();
    private static readonly object s_unsigned = new();
    private static readonly object s_double = new();

    // Null, one of the markers above (the number is then in _bits), a string or a byte[].
    private readonly object? _object;
    private readonly long _bits;

    private RedisValue(object? value, long bits)
    {
        _object = value;
        _bits = bits;
    }

    public RedisValue(string value)
        : this(value, 0)
    {
    }

    private enum Kind
    {
        Null,
        Int64,
        UInt64,
        Double,
        Raw,
        String,
    }

    public static RedisValue Null => default;

    public static RedisValue EmptyString { get; } = new(Array.Empty<byte>(), 0);

    public bool IsNull => _object is null;

    public bool IsInteger => _object == s_signed || _object == s_unsigned;

    public bool IsNullOrEmpty => _object is null or string { Length: 0 } or byte[] { Length: 0 };

    public bool HasValue => !IsNullOrEmpty;

    private Kind Type => _object switch
    {
        null => Kind.Null,
        byte[] => Kind.Raw,
        string => Kind.String,
        var marker when marker == s_signed => Kind.Int64,
        var marker when marker == s_double => Kind.Double,
        _ => Kind.UInt64,
    };

    private double Double => BitConverter.Int64BitsToDouble(_bits);

    public static bool operator ==(RedisValue x, RedisValue y)
    {
        if (x._object is byte[] left && y._object is byte[] right) return left.AsSpan().SequenceEqual(right) || EqualNumbers(x, y);
        return Equal(x.Simplify(), y.Simplify());
    }

    public static bool operator !=(RedisValue x, RedisValue y) => !(x == y);

    public bool Equals(RedisValue other) => this == other;

    public override bool Equals(object? obj) => obj switch
    {
        null => IsNull,
        RedisValue value => this == value,
        _ => TryConvert(obj, out var value) && this == value,
    };

    public override int GetHashCode()
    {
        var value = Simplify();
        return value.Type switch
        {
            Kind.Null => -1,
            Kind.Double => value.Double.GetHashCode(),
            Kind.Raw or Kind.String => value.ToString().GetHashCode(StringComparison.Ordinal),
            _ => value._bits.GetHashCode(),
        };
    }

    public int CompareTo(RedisValue other)
    {
        var (x, y) = (Simplify(), other.Simplify());
        if (x.IsNull || y.IsNull) return y.IsNull.CompareTo(x.IsNull);
        if (x.IsNumber && y.IsNumber)
        {
            return (x.Type, y.Type) switch
            {
                (Kind.Int64, Kind.Int64) => x._bits.CompareTo(y._bits),
                (Kind.UInt64, Kind.UInt64) => ((ulong)x._bits).CompareTo((ulong)y._bits),
                _ => ((double)x).CompareTo((double)y),
            };
        }

        if (x._object is byte[] left && y._object is byte[] right) return left.AsSpan().SequenceCompareTo(right);
        return string.CompareOrdinal(x, y);
    }

    int IComparable.CompareTo(object? obj) => TryConvert(obj, out var value) ? CompareTo(value) : -1;

    public override string ToString() => (string?)this ?? "";

    /// <summary>The length in bytes of what goes to the server.</summary>
    public long Length() => GetByteCount();

    public int GetByteCount() => _object switch
    {
        null => 0,
        byte[] bytes => bytes.Length,
        string text => Encoding.UTF8.GetByteCount(text),
        _ => FormatNumber(stackalloc byte[MaxNumberLength]),
    };

    public int CopyTo(Span<byte> destination)
    {
        switch (_object)
        {
            case null: return 0;
            case byte[] bytes:
                bytes.CopyTo(destination);
                return bytes.Length;
            case string text: return Encoding.UTF8.GetBytes(text, destination);
            default: return FormatNumber(destination);
        }
    }

    public bool StartsWith(RedisValue value)
    {
        if (IsNull || value.IsNull) return false;
        return ((byte[])this!).AsSpan().StartsWith((byte[])value!);
    }

    public bool TryParse(out long val)
    {
        switch (Type)
        {
            case Kind.Null:
                val = 0;
                return true;
            case Kind.Int64:
                val = _bits;
                return true;
            case Kind.Double:
                val = (long)Double;
                return val == Double;
            case Kind.String: return long.TryParse((string)_object!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out val);
            case Kind.Raw: return TryParseInt64((byte[])_object!, out val);
            default:
                val = 0;
                return false;
        }
    }

    public bool TryParse(out int val)
    {
        var parsed = TryParse(out long wide) && wide is >= int.MinValue and <= int.MaxValue;
        val = parsed ? (int)wide : 0;
        return parsed;
    }

    public bool TryParse(out double val)
    {
        switch (Type)
        {
            case Kind.Null:
                val = 0;
                return true;
            case Kind.Int64:
                val = _bits;
                return true;
            case Kind.UInt64:
                val = (ulong)_bits;
                return true;
            case Kind.Double:
                val = Double;
                return true;
            case Kind.String: return RedisNumber.TryParseDouble((string)_object!, out val);
            default: return RedisNumber.TryParseDouble((byte[])_object!, out val);
        }
    }

    /// <summary>The value as the object that it holds: a number, a string, bytes, or null.</summary>
    public object? Box() => Type switch
    {
        Kind.Int64 when _bits is >= -1 and <= 20 => (int)_bits,
        Kind.Int64 => _bits,
        Kind.UInt64 => (ulong)_bits,
        Kind.Double => Double,
        Kind.Raw when ((byte[])_object!).Length == 0 => EmptyString,
        _ => _object,
    };

    public static RedisValue Unbox(object? value) => TryConvert(value, out var converted)
        ? converted
        : throw new ArgumentException($"A {value!.GetType()} cannot be a RedisValue.", nameof(value));

    public static RedisValue CreateFrom(MemoryStream stream) => stream is null ? Null : stream.ToArray();

    internal static bool TryConvert(object? value, out RedisValue converted)
    {
        switch (value)
        {
            case null: converted = Null; return true;
            case RedisValue v: converted = v; return true;
            case string v: converted = v; return true;
            case byte[] v: converted = v; return true;
            case int v: converted = v; return true;
            case long v: converted = v; return true;
            case uint v: converted = v; return true;
            case ulong v: converted = v; return true;
            case double v: converted = v; return true;
            case float v: converted = v; return true;
            case bool v: converted = v; return true;
            case Memory<byte> v: converted = v; return true;
            case ReadOnlyMemory<byte> v: converted = v; return true;
            default: converted = Null; return false;
        }
    }

    internal const int MaxNumberLength = 32;

    internal string? Text => _object as string;

    internal byte[]? Raw => _object as byte[];

    internal int FormatNumber(Span<byte> destination)
    {
        int written;
        if (_object == s_signed) Utf8Formatter.TryFormat(_bits, destination, out written);
        else if (_object == s_unsigned) Utf8Formatter.TryFormat((ulong)_bits, destination, out written);
        else written = RedisNumber.Format(Double, destination);
        return written;
    }

    private bool IsNumber => Type is Kind.Int64 or Kind.UInt64 or Kind.Double;

    private static bool EqualNumbers(RedisValue x, RedisValue y)
    {
        var (left, right) = (x.Simplify(), y.Simplify());
        return left.IsNumber && right.IsNumber && Equal(left, right);
    }

    private static bool Equal(RedisValue x, RedisValue y)
    {
        if (x.IsNull || y.IsNull) return x.IsNull && y.IsNull;
        if (x.IsNumber || y.IsNumber)
        {
            if (x._object != y._object) return false;
            return x.Type == Kind.Double ? x.Double == y.Double : x._bits == y._bits;
        }

        return x._object is byte[] left && y._object is byte[] right
            ? left.AsSpan().SequenceEqual(right)
            : x.ToString() == y.ToString();
    }

    // Text and bytes that read as a number become it, so that "1", 1 and 1.0 are one value, as they are to Redis.
    private RedisValue Simplify()
    {
        switch (_object)
        {
            case string text when RedisNumber.MayStart(text):
                if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var signed)) return signed;
                if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var unsigned)) return unsigned;
                return RedisNumber.TryParseDouble(text, out var number) && double.IsFinite(number) ? number : this;
            case byte[] bytes when RedisNumber.MayStart(bytes):
                if (TryParseInt64(bytes, out signed)) return signed;
                if (Utf8Parser.TryParse(bytes, out unsigned, out var read) && read == bytes.Length) return unsigned;
                return RedisNumber.TryParseDouble(bytes, out number) && double.IsFinite(number) ? number : this;
            case var marker when marker == s_double:
                return Double;
            default:
                return this;
        }
    }

    private static bool TryParseInt64(ReadOnlySpan<byte> bytes, out long value) =>
        Utf8Parser.TryParse(bytes, out value, out var read) && read == bytes.Length;
}
