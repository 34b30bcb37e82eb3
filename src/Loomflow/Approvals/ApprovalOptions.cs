namespace Loomflow;

/// <summary>How an approval node asks.</summary>
public sealed record ApprovalOptions
{
    /// <summary>What is asked, in one line; made from the node's name unless given.</summary>
    public string? Title { get; init; }

    /// <summary>JSON schema that an answer's data must fit.</summary>
    public string? Schema { get; init; }

    /// <summary>How long to wait for an answer; <see langword="null"/> for good.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>The answer when nobody gives one in time.</summary>
    public ApprovalOutcome Default { get; init; } = ApprovalOutcome.Denied;

    /// <summary>The users who may answer; empty means the run's own user.</summary>
    public IReadOnlyList<string> Responders { get; init; } = [];
}
