using System.Text.RegularExpressions;

namespace Loomflow;

/// <summary>Blocks texts that match a pattern, or replaces what matches.</summary>
public sealed class RegexGuard : IGuardrail
{
    private readonly Regex _pattern;
    private readonly string? _replacement;

    /// <summary>Creates the guardrail.</summary>
    /// <param name="name">The name in events and stop reasons.</param>
    /// <param name="pattern">What to look for; a pattern that takes longer than a second fails the run.</param>
    /// <param name="stages">Where to look.</param>
    /// <param name="replacement">What to put in place of a match; <see langword="null"/> blocks the text.</param>
    public RegexGuard(string name, string pattern, GuardrailStage stages, string? replacement = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        Stages = stages;
        _pattern = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        _replacement = replacement;
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public GuardrailStage Stages { get; }

    /// <inheritdoc />
    public ValueTask<GuardrailVerdict> CheckAsync(GuardrailStage stage, string text, CancellationToken cancellationToken)
    {
        if (!_pattern.IsMatch(text)) return ValueTask.FromResult(GuardrailVerdict.Allow);
        var reason = $"matches '{_pattern}'";
        return ValueTask.FromResult(_replacement is null
            ? GuardrailVerdict.Block(reason)
            : GuardrailVerdict.Replace(_pattern.Replace(text, _replacement), reason));
    }
}
