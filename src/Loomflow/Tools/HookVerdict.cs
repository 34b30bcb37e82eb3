namespace Loomflow;

/// <summary>What a hook says of a tool call.</summary>
public sealed record HookVerdict
{
    private HookVerdict()
    {
    }

    /// <summary>The other gates decide.</summary>
    public static HookVerdict NoOpinion { get; } = new();

    /// <summary>Why the call is refused, or <see langword="null"/>.</summary>
    public string? Denial { get; private init; }

    /// <summary>Arguments to call with instead, or <see langword="null"/>.</summary>
    public IReadOnlyDictionary<string, object?>? Arguments { get; private init; }

    /// <summary>Refuses the call; the model is told why.</summary>
    public static HookVerdict Deny(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new HookVerdict { Denial = reason };
    }

    /// <summary>Changes the arguments; the change is recorded.</summary>
    public static HookVerdict Edit(IReadOnlyDictionary<string, object?> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return new HookVerdict { Arguments = arguments };
    }
}
