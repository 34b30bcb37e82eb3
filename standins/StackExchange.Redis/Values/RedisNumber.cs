using System.Globalization;
using System.Text;

namespace StackExchange.Redis;

/// <summary>Numbers as Redis writes and reads them.</summary>
internal static class RedisNumber
{
    public static string Format(double value) => value switch
    {
        double.PositiveInfinity => "+inf",
        double.NegativeInfinity => "-inf",
        double.NaN => "nan",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    public static int Format(double value, Span<byte> destination) => Encoding.ASCII.GetBytes(Format(value), destination);

    public static bool MayStart(ReadOnlySpan<char> text) =>
        text.Length is > 0 and < 64 && (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.');

    public static bool MayStart(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and < 64 && (char.IsAsciiDigit((char)text[0]) || text[0] is (byte)'-' or (byte)'+' or (byte)'.');

    public static bool TryParseDouble(ReadOnlySpan<char> text, out double value)
    {
        if (text.Equals("inf", StringComparison.OrdinalIgnoreCase) || text.Equals("+inf", StringComparison.OrdinalIgnoreCase))
            value = double.PositiveInfinity;
        else if (text.Equals("-inf", StringComparison.OrdinalIgnoreCase))
            value = double.NegativeInfinity;
        else if (text.Equals("nan", StringComparison.OrdinalIgnoreCase) || text.Equals("-nan", StringComparison.OrdinalIgnoreCase))
            value = double.NaN;
        else
            return MayStart(text) & double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        return true;
    }

    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.Length is 0 or >= 64) return false;
        Span<char> characters = stackalloc char[64];
        return Encoding.ASCII.TryGetChars(text, characters, out var length) && TryParseDouble(characters[..length], out value);
    }
}
