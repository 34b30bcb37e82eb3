namespace Aspire.Hosting.ApplicationModel;

internal static class ModelName
{
    /// <summary>Names become host names, so they hold to 64 ASCII letters, digits and single hyphens, a letter first.</summary>
    public static void ValidateName(string target, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);

        var problem = name switch
        {
            { Length: > 64 } => "must be between 1 and 64 characters long",
            _ when !char.IsAsciiLetter(name[0]) => "must start with an ASCII letter",
            _ when name.Any(character => !char.IsAsciiLetterOrDigit(character) && character != '-') => "must contain only ASCII letters, digits, and hyphens",
            _ when name.Contains("--", StringComparison.Ordinal) => "cannot contain consecutive hyphens",
            _ when name.EndsWith('-') => "cannot end with a hyphen",
            _ => null,
        };
        if (problem is not null) throw new ArgumentException($"{target} name '{name}' is invalid. Name {problem}.", nameof(name));
    }
}
