using System.Globalization;
using System.Text;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>Text on one line, without anything that a terminal or a reader of logs could take for more than text.</summary>
internal static class SafeText
{
    public static string Of(string text)
    {
        if (!text.Any(IsUnsafe)) return text;
        var safe = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\n' => safe.Append("\\n"),
                '\r' => safe.Append("\\r"),
                '\t' => safe.Append("\\t"),
                _ when IsUnsafe(c) => safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => safe.Append(c),
            };
        }

        return safe.ToString();
    }

    private static bool IsUnsafe(char c) => c < ' ' || (c >= 0x7f && char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
