namespace Loomflow;

/// <summary>What to forget. Conditions that are set must all hold.</summary>
public sealed record ForgetScope
{
    /// <summary>Only episodes of this conversation; facts and blocks stay.</summary>
    public string? SessionId { get; init; }

    /// <summary>Only what is older: episodes by time, facts by when they were recorded, blocks by when they were last written.</summary>
    public DateTimeOffset? Before { get; init; }
}
