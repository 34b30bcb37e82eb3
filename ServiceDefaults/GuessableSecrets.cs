namespace Loomflow.Aspire.ServiceDefaults;

/// <summary>Secrets that protect nothing.</summary>
public static class GuessableSecrets
{
    private static readonly string[] s_words =
        ["changeme", "change-me", "secret", "password", "audit", "service", "loomflow", "0123456789", "default", "example", "test", "development", "key"];

    /// <summary>Whether a secret is made of words that everybody tries, alone, repeated or padded, or of hardly any different characters.</summary>
    public static bool Includes(string secret, params string[] alsoKnown)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var trimmed = secret.Trim();
        if (trimmed.Distinct().Count() < 8) return true;
        var rest = alsoKnown.Concat(s_words).OrderByDescending(word => word.Length).Aggregate(trimmed, (left, word) => left.Replace(word, "", StringComparison.OrdinalIgnoreCase));
        return rest.Count(char.IsAsciiLetterOrDigit) < 8;
    }
}
