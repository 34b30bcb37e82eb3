namespace Loomflow.Security;

/// <summary>What <see cref="SecretScrubber"/> removes beyond the secrets that it knows by their shape.</summary>
public sealed class SecretScrubberOptions
{
    /// <summary>
    /// Regular expressions of the caller's own secrets, in the non-backtracking dialect; each match is replaced whole.
    /// </summary>
    public IList<string> Patterns { get; } = [];

    /// <summary>JSON properties whose text is a secret whatever it looks like, beside the built-in ones; case, <c>_</c> and <c>-</c> do not matter.</summary>
    public IList<string> PropertyNames { get; } = [];
}
