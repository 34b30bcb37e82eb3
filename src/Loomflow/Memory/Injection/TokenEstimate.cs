namespace Loomflow;

/// <summary>About how many tokens a text takes, without any model's tokenizer: four ASCII characters to a token, one of any other.</summary>
internal static class TokenEstimate
{
    public static int Of(string text)
    {
        var ascii = 0;
        foreach (var unit in text)
        {
            if (char.IsAscii(unit)) ascii++;
        }

        return (ascii + 3) / 4 + (text.Length - ascii);
    }

    /// <summary>The longest beginning of a text that takes at most so many tokens; never half a surrogate pair.</summary>
    public static string Clip(string text, int tokens)
    {
        if (Of(text) <= tokens) return text;
        var (ascii, other, length) = (0, 0, 0);
        foreach (var unit in text)
        {
            _ = char.IsAscii(unit) ? ascii++ : other++;
            if ((ascii + 3) / 4 + other > tokens) break;
            length++;
        }

        if (length > 0 && char.IsHighSurrogate(text[length - 1])) length--;
        return text[..length];
    }
}
