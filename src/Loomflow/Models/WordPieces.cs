namespace Loomflow;

/// <summary>Words stand in for the tokens of models that have no tokeniser.</summary>
internal static class WordPieces
{
    public static int Count(ReadOnlySpan<char> text)
    {
        var (words, inside) = (0, false);
        foreach (var c in text)
        {
            var space = char.IsWhiteSpace(c);
            if (!space && !inside) words++;
            inside = !space;
        }

        return words;
    }

    /// <summary>The text in pieces of one word each, spaces kept, as a model would stream it.</summary>
    public static IEnumerable<string> Of(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var space = text.IndexOf(' ', start);
            var end = space < 0 ? text.Length : space + 1;
            yield return text[start..end];
            start = end;
        }
    }
}
