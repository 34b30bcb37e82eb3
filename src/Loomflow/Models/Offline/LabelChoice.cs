using System.Text.RegularExpressions;

namespace Loomflow.Offline;

/// <summary>Instructions that ask for one of some words: "Reply 'billing' or 'tech'", "Classify as spam or ham", "one of: low, medium, high".</summary>
internal static partial class LabelChoice
{
    /// <summary>The label for which the prompt gives most evidence, or <see langword="null"/> when no label is asked for.</summary>
    public static string? Choose(OfflineModel.Request request)
    {
        var labels = LabelsOf(request.Instructions);
        return labels.Count < 2 ? null : Best(labels, string.Join(' ', request.Results.Select(result => result.Text).Prepend(request.Prompt)), request.Instructions);
    }

    /// <summary>The label for which a text gives most evidence; without any, the one that is meant for the rest, or the first.</summary>
    public static string Best(IReadOnlyList<string> labels, string text, string explained = "")
    {
        var stems = Evidence.Stems(text).ToHashSet(StringComparer.Ordinal);
        var (best, most) = (-1, 0);
        for (var i = 0; i < labels.Count; i++)
        {
            var score = Evidence.Score(labels[i], stems) + (2 * Evidence.Stems(Explanation(labels[i], labels, explained)).Count(stems.Contains));
            if (score > most) (best, most) = (i, score);
        }

        if (best >= 0) return labels[best];
        return labels.FirstOrDefault(label => label.ToLowerInvariant() is "other" or "general" or "unknown" or "none" or "neutral" or "default" or "misc") ?? labels[0];
    }

    private static List<string> LabelsOf(string instructions)
    {
        foreach (Match sentence in Sentence().Matches(instructions))
        {
            if (!Asks().IsMatch(sentence.Value)) continue;
            var quoted = Quoted().Matches(sentence.Value).Select(match => match.Groups[1].Value).Distinct().ToList();
            if (quoted.Count >= 2) return quoted;
            if (Bare().Match(sentence.Value) is { Success: true } bare)
            {
                return [.. Separator().Split(bare.Groups[1].Value).Select(label => label.Trim(' ', '.', ':', '"', '\'', '`')).Where(label => label.Length > 0)];
            }
        }

        return [];
    }

    // What the instructions say about a label: the words from its mention to the next label's, or the end of the line.
    private static string Explanation(string label, IReadOnlyList<string> labels, string instructions)
    {
        var about = Regex.Matches(instructions, $@"['""`]?\b{Regex.Escape(label)}\b['""`]?\s*(?:\(([^)]*)\)|(?:means|is for|for|:|-|=|if|when)\s+([^.;\n]*))", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1))
            .Select(match => match.Groups[1].Value + match.Groups[2].Value);
        var text = string.Join(' ', about);
        foreach (var other in labels)
        {
            var at = other == label ? -1 : text.IndexOf(other, StringComparison.OrdinalIgnoreCase);
            if (at >= 0) text = text[..at];
        }

        return text;
    }

    [GeneratedRegex(@"[^.\n!?]+(?:[.\n!?]|$)")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\b(reply|respond|answer|classify|categori[sz]e|choose|pick|return|output|label|route|say|one of|either|decide)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Asks();

    [GeneratedRegex(@"['""`‘’“”]([\w][\w -]{0,40}?)['""`‘’“”]")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?:one of(?: these)?|\bas|\bwith(?: only| just)?(?: the word)?|\beither|\bonly|\bto|\b(?:reply|respond|answer|return|output|choose|pick|say)(?: either)?):?\s+((?:[A-Za-z][\w-]*\s*,\s*)*[A-Za-z][\w-]*\s*,?\s+or\s+[A-Za-z][\w-]*|(?:[A-Za-z][\w-]*\s*[,|/]\s*)+[A-Za-z][\w-]*)\s*[.!\n]?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Bare();

    [GeneratedRegex(@"\s*(?:,\s*or\s+|,|\||/|\s+or\s+)\s*", RegexOptions.IgnoreCase)]
    private static partial Regex Separator();
}
