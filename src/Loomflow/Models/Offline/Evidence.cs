using System.Text.RegularExpressions;

namespace Loomflow.Offline;

/// <summary>What words say about each other: stems, and the everyday vocabulary of some common subjects.</summary>
internal static partial class Evidence
{
    private static readonly HashSet<string> s_empty = new(StringComparer.Ordinal)
    {
        "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my",
        "of", "on", "or", "our", "out", "please", "so", "that", "the", "their", "them", "then", "there", "these", "they", "this", "to", "too", "up", "use", "was", "we", "were", "what",
        "when", "where", "which", "who", "why", "will", "with", "would", "you", "your", "about", "could", "should", "want", "need", "tool", "user", "ask", "call", "given", "any", "all", "not", "no",
        "run", "workflow", "agent", "input", "get", "hi", "hello", "t", "s", "m", "ll", "ve", "re",
    };

    private static readonly Dictionary<string, string[]> s_subjects = new(StringComparer.Ordinal)
    {
        ["billing"] = ["bill", "charge", "card", "invoice", "payment", "pay", "refund", "price", "subscription", "cost", "money", "receipt", "fee", "overcharged"],
        ["refund"] = ["refund", "return", "money", "back", "reimburse", "charged"],
        ["tech"] = ["error", "crash", "bug", "login", "log", "password", "install", "broken", "slow", "fail", "update", "screen", "app", "server", "connect", "wifi", "reset", "freeze", "work"],
        ["sales"] = ["buy", "purchase", "quote", "demo", "plan", "upgrade", "discount", "offer", "trial", "order"],
        ["shipping"] = ["ship", "deliver", "parcel", "package", "track", "courier", "arrive", "late", "address"],
        ["account"] = ["account", "profile", "password", "email", "login", "sign", "username"],
        ["positive"] = ["great", "good", "love", "excellent", "thank", "happy", "wonderful", "amazing", "perfect", "nice", "best"],
        ["negative"] = ["bad", "terrible", "hate", "awful", "angry", "worst", "disappoint", "poor", "broken", "unhappy", "useless"],
        ["urgent"] = ["urgent", "immediately", "asap", "now", "emergency", "critical", "down", "outage", "deadline"],
        ["complaint"] = ["complain", "angry", "unacceptable", "terrible", "disappoint", "worst", "bad"],
        ["spam"] = ["winner", "free", "prize", "click", "lottery", "viagra", "offer", "congratulation"],
        ["approve"] = ["valid", "ok", "fine", "complete", "correct", "within", "good", "safe"],
        ["reject"] = ["invalid", "fraud", "missing", "wrong", "expired", "exceed", "unsafe", "bad", "incomplete"],
        ["yes"] = ["yes", "correct", "true", "agree", "sure", "definitely", "approve"],
        ["no"] = ["no", "not", "never", "wrong", "false", "deny", "refuse", "cannot"],
        ["weather"] = ["weather", "rain", "sun", "temperature", "forecast", "snow", "hot", "cold", "wind"],
    };

    private static readonly (string Name, string Subject)[] s_alsoCalled =
    [
        ("payment", "billing"), ("invoice", "billing"), ("finance", "billing"), ("technical", "tech"), ("technology", "tech"), ("support", "tech"), ("it", "tech"),
        ("delivery", "shipping"), ("logistics", "shipping"), ("order", "sales"), ("login", "account"), ("high", "urgent"), ("critical", "urgent"), ("approved", "approve"),
        ("accept", "approve"), ("rejected", "reject"), ("deny", "reject"), ("true", "yes"), ("false", "no"), ("bug", "tech"), ("returns", "refund"),
    ];

    /// <summary>The words of a text that mean something, as stems.</summary>
    public static List<string> Stems(string text) =>
        [.. Word().Matches(text).Select(match => match.Value.ToLowerInvariant()).Where(word => !s_empty.Contains(word)).Select(Stem)];

    /// <summary>How much a text speaks for a label or a tool's name.</summary>
    public static int Score(string label, ISet<string> stems)
    {
        var score = 0;
        foreach (var part in Stems(label))
        {
            if (stems.Contains(part)) score += 3;
        }

        foreach (var subject in Subjects(label))
        {
            score += s_subjects[subject].Count(word => stems.Contains(Stem(word))) * 2;
        }

        return score;
    }

    public static string Stem(string word)
    {
        foreach (var ending in (ReadOnlySpan<string>)["ations", "ation", "ings", "ing", "edly", "ies", "ed", "es", "s", "ly"])
        {
            if (word.Length - ending.Length >= 3 && word.EndsWith(ending, StringComparison.Ordinal)) return Trimmed(word[..^ending.Length]);
        }

        return Trimmed(word);
    }

    // "charge", "charged" and "charges" become the same.
    private static string Trimmed(string stem) => stem.Length > 3 && stem[^1] is 'e' or 'y' or 'i' ? stem[..^1] : stem;

    private static IEnumerable<string> Subjects(string label)
    {
        var words = Word().Matches(label).Select(match => match.Value.ToLowerInvariant()).ToList();
        return s_subjects.Keys.Where(words.Contains).Concat(s_alsoCalled.Where(one => words.Contains(one.Name)).Select(one => one.Subject)).Distinct();
    }

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")]
    private static partial Regex Word();
}
