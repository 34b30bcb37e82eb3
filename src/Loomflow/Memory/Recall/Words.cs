using System.Collections.Frozen;
using System.Globalization;

namespace Loomflow;

/// <summary>Takes a text apart into the words that recall goes by.</summary>
internal static class Words
{
    private const int MaxLength = 40;

    // Words that say nothing about what a text is about. Without them "what is the weather" would match every text with a "the".
    private static readonly FrozenSet<string> s_stopWords = new[]
    {
        "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for", "from",
        "had", "has", "have", "he", "her", "him", "his", "how", "i", "if", "in", "is", "it", "its", "just", "me", "my", "no", "not", "of", "on", "or",
        "our", "please", "she", "should", "so", "tell", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "us",
        "was", "we", "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The words in order, in lower case, without the commonest; ideographs are words by themselves.</summary>
    public static List<string> Of(string text)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var isPart = i < text.Length && IsPart(text[i]);
            if (isPart && !IsIdeograph(text[i]))
            {
                if (start < 0) start = i;
                continue;
            }

            if (start >= 0) Add(words, text.AsSpan(start, i - start));
            start = -1;
            if (isPart) words.Add(text[i].ToString());
        }

        return words;
    }

    private static void Add(List<string> words, ReadOnlySpan<char> span)
    {
        Span<char> lower = stackalloc char[MaxLength];
        var length = span[..Math.Min(span.Length, MaxLength)].ToLowerInvariant(lower);
        var word = new string(lower[..length]);
        if (!s_stopWords.Contains(word)) words.Add(word);
    }

    private static bool IsPart(char unit) =>
        char.IsLetterOrDigit(unit) || char.IsSurrogate(unit)
        || CharUnicodeInfo.GetUnicodeCategory(unit) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static bool IsIdeograph(char unit) => unit is (>= '\u3040' and <= '\u30ff') or (>= '\u3400' and <= '\u9fff') or (>= '\uf900' and <= '\ufaff');
}
