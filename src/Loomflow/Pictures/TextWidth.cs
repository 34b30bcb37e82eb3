using System.Text;

namespace Loomflow;

/// <summary>About how wide text is in a sans-serif font; a little more rather than less.</summary>
internal static class TextWidth
{
    public static double Of(string text, double size) => text.EnumerateRunes().Sum(WidthOf) * size;

    private static double WidthOf(Rune rune) => rune.Value switch
    {
        'i' or 'l' or 'j' or 't' or 'f' or 'I' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' or ' ' or '(' or ')' => 0.36,
        'm' or 'w' or 'M' or 'W' or '@' or '%' => 0.95,
        >= 'A' and <= 'Z' => 0.70,
        < 0x1100 => 0.60,
        _ => 1.05,
    };
}
