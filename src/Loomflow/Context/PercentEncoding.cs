using System.Buffers;
using System.Globalization;
using System.Text;

namespace Loomflow;

/// <summary>
/// Percent-encoding over UTF-16 code units outside the unreserved set of RFC 3986 §2.3: ASCII as <c>%XX</c>, all else as
/// <c>%uXXXX</c>. Unlike <see cref="Uri.EscapeDataString(string)"/> it is injective for every string, lone surrogates included.
/// </summary>
internal static class PercentEncoding
{
    public static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Unreserved)) return text;
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var unit in text)
        {
            _ = IsUnreserved(unit) ? encoded.Append(unit)
                : unit < 0x80 ? encoded.Append(CultureInfo.InvariantCulture, $"%{(int)unit:X2}")
                : encoded.Append(CultureInfo.InvariantCulture, $"%u{(int)unit:X4}");
        }

        return encoded.ToString();
    }

    public static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal)) return Checked(text, text);
        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                decoded.Append(text[i]);
                continue;
            }

            var (start, digits) = i + 1 < text.Length && text[i + 1] == 'u' ? (i + 2, 4) : (i + 1, 2);
            if (start + digits > text.Length
                || !ushort.TryParse(text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                throw new FormatException($"'{text}' is not percent-encoded: bad escape at {i}.");
            }

            decoded.Append((char)unit);
            i = start + digits - 1;
        }

        return Checked(text, decoded.ToString());
    }

    // Only the one spelling that Encode writes is accepted, so that a decoded key is as injective as an encoded one.
    private static string Checked(string text, string decoded) =>
        Encode(decoded) == text ? decoded : throw new FormatException($"'{text}' is not in the canonical percent-encoding.");

    private static bool IsUnreserved(char c) => Unreserved.Contains(c);
}
