using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace StackExchange.Redis;

public readonly partial struct RedisValue : IConvertible
{
    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    public static implicit operator RedisValue(int value) => new(s_signed, value);

    public static implicit operator RedisValue(int? value) => value is { } some ? some : Null;

    public static implicit operator RedisValue(long value) => new(s_signed, value);

    public static implicit operator RedisValue(long? value) => value is { } some ? some : Null;

    public static implicit operator RedisValue(uint value) => new(s_signed, value);

    public static implicit operator RedisValue(uint? value) => value is { } some ? some : Null;

    public static implicit operator RedisValue(ulong value) => new(value > long.MaxValue ? s_unsigned : s_signed, (long)value);

    public static implicit operator RedisValue(ulong? value) => value is { } some ? some : Null;

    public static implicit operator RedisValue(double value) =>
        value is >= long.MinValue and < long.MaxValue && (long)value == value
            ? new(s_signed, (long)value)
            : new(s_double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator RedisValue(double? value) => value is { } some ? some : Null;

    public static implicit operator RedisValue(bool value) => new(s_signed, value ? 1 : 0);

    public static implicit operator RedisValue(bool? value) => value is { } some ? some : Null;

    public static implicit operator RedisValue(string? value) => value is "" ? EmptyString : new(value, 0);

    public static implicit operator RedisValue(byte[]? value) => value is { Length: 0 } ? EmptyString : new(value, 0);

    public static implicit operator RedisValue(Memory<byte> value) => (ReadOnlyMemory<byte>)value;

    public static implicit operator RedisValue(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : value.ToArray();

    public static implicit operator string?(RedisValue value) => value.Type switch
    {
        Kind.Null => null,
        Kind.Int64 => value._bits.ToString(CultureInfo.InvariantCulture),
        Kind.UInt64 => ((ulong)value._bits).ToString(CultureInfo.InvariantCulture),
        Kind.Double => RedisNumber.Format(value.Double),
        Kind.String => (string)value._object!,
        _ => Decode((byte[])value._object!),
    };

    public static implicit operator byte[]?(RedisValue value)
    {
        switch (value._object)
        {
            case null: return null;
            case byte[] bytes: return bytes;
            case string text: return Encoding.UTF8.GetBytes(text);
            default:
                Span<byte> number = stackalloc byte[MaxNumberLength];
                return number[..value.FormatNumber(number)].ToArray();
        }
    }

    public static implicit operator ReadOnlyMemory<byte>(RedisValue value) => (byte[]?)value;

    public static explicit operator bool(RedisValue value) => (long)value switch
    {
        0 => false,
        1 => true,
        _ => throw new InvalidCastException($"Unable to cast to bool: '{value}' is neither 0 nor 1."),
    };

    public static explicit operator int(RedisValue value) => checked((int)(long)value);

    public static explicit operator long(RedisValue value)
    {
        var simple = value.Simplify();
        return simple.Type switch
        {
            Kind.Null => 0,
            Kind.Int64 => simple._bits,
            Kind.UInt64 => checked((long)(ulong)simple._bits),
            _ => throw Uncastable(value, "long"),
        };
    }

    public static explicit operator uint(RedisValue value) => checked((uint)(ulong)value);

    public static explicit operator ulong(RedisValue value)
    {
        var simple = value.Simplify();
        return simple.Type switch
        {
            Kind.Null => 0,
            Kind.Int64 => checked((ulong)simple._bits),
            Kind.UInt64 => (ulong)simple._bits,
            _ => throw Uncastable(value, "ulong"),
        };
    }

    public static explicit operator double(RedisValue value) =>
        value.TryParse(out double number) ? number : throw Uncastable(value, "double");

    public static explicit operator float(RedisValue value) => (float)(double)value;

    public static explicit operator decimal(RedisValue value)
    {
        var simple = value.Simplify();
        return simple.Type switch
        {
            Kind.Null => 0,
            Kind.Int64 => simple._bits,
            Kind.UInt64 => (ulong)simple._bits,
            Kind.Double => (decimal)simple.Double,
            _ => throw Uncastable(value, "decimal"),
        };
    }

    public static explicit operator bool?(RedisValue value) => value.IsNull ? null : (bool)value;

    public static explicit operator int?(RedisValue value) => value.IsNull ? null : (int)value;

    public static explicit operator long?(RedisValue value) => value.IsNull ? null : (long)value;

    public static explicit operator uint?(RedisValue value) => value.IsNull ? null : (uint)value;

    public static explicit operator ulong?(RedisValue value) => value.IsNull ? null : (ulong)value;

    public static explicit operator double?(RedisValue value) => value.IsNull ? null : (double)value;

    public static explicit operator float?(RedisValue value) => value.IsNull ? null : (float)value;

    public static explicit operator decimal?(RedisValue value) => value.IsNull ? null : (decimal)value;

    TypeCode IConvertible.GetTypeCode() => TypeCode.Object;

    bool IConvertible.ToBoolean(IFormatProvider? provider) => (bool)this;

    byte IConvertible.ToByte(IFormatProvider? provider) => checked((byte)(uint)this);

    char IConvertible.ToChar(IFormatProvider? provider) => checked((char)(uint)this);

    DateTime IConvertible.ToDateTime(IFormatProvider? provider) => DateTime.Parse(ToString(), provider);

    decimal IConvertible.ToDecimal(IFormatProvider? provider) => (decimal)this;

    double IConvertible.ToDouble(IFormatProvider? provider) => (double)this;

    short IConvertible.ToInt16(IFormatProvider? provider) => checked((short)(int)this);

    int IConvertible.ToInt32(IFormatProvider? provider) => (int)this;

    long IConvertible.ToInt64(IFormatProvider? provider) => (long)this;

    sbyte IConvertible.ToSByte(IFormatProvider? provider) => checked((sbyte)(int)this);

    float IConvertible.ToSingle(IFormatProvider? provider) => (float)this;

    string IConvertible.ToString(IFormatProvider? provider) => ToString();

    ushort IConvertible.ToUInt16(IFormatProvider? provider) => checked((ushort)(uint)this);

    uint IConvertible.ToUInt32(IFormatProvider? provider) => (uint)this;

    ulong IConvertible.ToUInt64(IFormatProvider? provider) => (ulong)this;

    object IConvertible.ToType(Type conversionType, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(conversionType);
        if (conversionType == typeof(byte[])) return ((byte[]?)this)!;
        if (conversionType == typeof(ReadOnlyMemory<byte>)) return (ReadOnlyMemory<byte>)this;
        if (conversionType == typeof(RedisValue) || conversionType == typeof(object)) return this;
        return conversionType == typeof(string) ? ToString() : Convert.ChangeType(ToString(), conversionType, CultureInfo.InvariantCulture);
    }

    // Bytes that are not UTF-8 are shown as hexadecimal pairs.
    private static string Decode(byte[] bytes)
    {
        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return BitConverter.ToString(bytes);
        }
    }

    private static InvalidCastException Uncastable(RedisValue value, string type) =>
        new($"Unable to cast from {value.Type} to {type}: '{value}'");
}
