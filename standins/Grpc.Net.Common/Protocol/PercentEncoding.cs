using System.Buffers;
using System.Text;

namespace Grpc.Net.Protocol;

/// <summary><c>grpc-message</c>: UTF-8, with everything but printable ASCII, and '%' itself, as %XX.</summary>
internal static class PercentEncoding
{
    private static readonly SearchValues<char> s_plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c != '%')]);

    public static string Encode(string value)
    {
        if (!value.AsSpan().ContainsAnyExcept(s_plain))
            return value;

        var encoded = new StringBuilder(value.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            if (s_plain.Contains((char)b))
                encoded.Append((char)b);
            else
                encoded.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return encoded.ToString();
    }

    /// <summary>Lenient, as the protocol asks: what is not an escape stays as it is.</summary>
    public static string Decode(string value) => Uri.UnescapeDataString(value);
}
