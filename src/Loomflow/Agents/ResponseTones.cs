namespace Loomflow;

/// <summary>The seven preset tones; any other text is a directive itself.</summary>
public static class ResponseTones
{
    private static readonly Dictionary<string, string> s_presets = new(StringComparer.OrdinalIgnoreCase)
    {
        ["casual"] = "Write warmly and in plain language, with contractions, and without jargon.",
        ["professional"] = "Write in a neutral, polished and well-structured way, without slang.",
        ["technical"] = "Use exact terminology, reason step by step, and be specific.",
        ["legal"] = "Write formally and precisely, qualify every claim, and do not persuade.",
        ["finance"] = "Be analytical: give numbers, percentages and time frames, keep what is known apart from what is estimated, and name sources.",
        ["executive"] = "Put the decision or headline first, then three to five short bullets.",
        ["academic"] = "Write formally and with hedging, structured around the evidence.",
    };

    /// <summary>The names of the presets.</summary>
    public static IReadOnlyCollection<string> Presets => s_presets.Keys;

    /// <summary>The directive for a tone: a preset's sentence (case does not matter), other text as it is, nothing for blank.</summary>
    public static string? Directive(string? tone)
    {
        if (string.IsNullOrWhiteSpace(tone)) return null;
        return s_presets.GetValueOrDefault(tone.Trim(), tone.Trim());
    }
}
