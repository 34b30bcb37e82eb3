namespace Loomflow;

/// <summary>What the stores say when a bound is reached, and bounds that are not options.</summary>
internal static class MemoryLimits
{
    /// <summary>Sessions and facts in a profile.</summary>
    public const int ProfileLength = 10;

    public static MemoryLimitException TooManyBlocks(string name, int max) =>
        new($"The block '{name}' would be one more than the {max} that are kept: remove one, or raise {nameof(MemoryOptions)}.{nameof(MemoryOptions.MaxBlocks)}.");

    public static MemoryLimitException BlockTooLong(string name, int max) =>
        new($"The block '{name}' would be longer than {max} characters: shorten it, or raise {nameof(MemoryOptions)}.{nameof(MemoryOptions.MaxBlockLength)}.");
}
