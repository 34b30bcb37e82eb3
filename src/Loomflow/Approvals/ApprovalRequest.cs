namespace Loomflow;

/// <summary>A question to a person that a run waits for.</summary>
public sealed record ApprovalRequest
{
    /// <summary>Names the request; the same on every attempt, so that a restart does not ask twice.</summary>
    public required string ApprovalId { get; init; }

    /// <summary>What is asked, in one line.</summary>
    public required string Title { get; init; }

    /// <summary>What it is about: a step's input, or a tool call's name and arguments.</summary>
    public Payload Subject { get; init; }

    /// <summary>JSON schema that an answer's data must fit, or <see langword="null"/> when no data is asked for.</summary>
    public string? Schema { get; init; }

    /// <summary>When the default decision becomes the answer, or <see langword="null"/> to wait for good.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The answer at the deadline.</summary>
    public ApprovalOutcome Default { get; init; } = ApprovalOutcome.Denied;

    /// <summary>The users who may answer; empty means the run's own user.</summary>
    public IReadOnlyList<string> Responders { get; init; } = [];
}
