using System.Text.RegularExpressions;

namespace Loomflow;

/// <summary>
/// Finds personal data: e-mail addresses, payment cards (with a valid Luhn digit), US social security numbers and telephone
/// numbers. Replaces them with a mark, or blocks the text.
/// </summary>
/// <param name="block">Whether to block instead of replace.</param>
/// <param name="stages">Where to look; everywhere unless given.</param>
public sealed partial class PiiGuard(
    bool block = false,
    GuardrailStage stages = GuardrailStage.Input | GuardrailStage.Output | GuardrailStage.ToolResult) : IGuardrail
{
    /// <inheritdoc />
    public string Name => "pii";

    /// <inheritdoc />
    public GuardrailStage Stages => stages;

    /// <inheritdoc />
    public ValueTask<GuardrailVerdict> CheckAsync(GuardrailStage stage, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var redacted = Email().Replace(text, _ => Mark("email"));
        redacted = Card().Replace(redacted, match => IsCard(match.Value) ? Mark("card") : match.Value);
        redacted = SocialSecurity().Replace(redacted, _ => Mark("ssn"));
        redacted = Phone().Replace(redacted, _ => Mark("phone"));
        if (found.Count == 0) return ValueTask.FromResult(GuardrailVerdict.Allow);
        var reason = $"contains {string.Join(", ", found)}";
        return ValueTask.FromResult(block ? GuardrailVerdict.Block(reason) : GuardrailVerdict.Replace(redacted, reason));

        string Mark(string kind)
        {
            found.Add(kind);
            return $"[{kind} removed]";
        }
    }

    private static bool IsCard(string candidate)
    {
        var (sum, digits) = (0, 0);
        for (var i = candidate.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(candidate[i])) continue;
            var digit = candidate[i] - '0';
            if (digits++ % 2 == 1) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return digits is >= 13 and <= 19 && sum % 10 == 0;
    }

    [GeneratedRegex(@"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Email();

    [GeneratedRegex(@"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Card();

    [GeneratedRegex(@"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SocialSecurity();

    [GeneratedRegex(@"(?<![\d-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\)|\d{3})[ .-]\d{3}[ .-]\d{4}(?!\d)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Phone();
}
