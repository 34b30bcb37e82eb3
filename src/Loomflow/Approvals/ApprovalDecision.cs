namespace Loomflow;

/// <summary>The answer to an <see cref="ApprovalRequest"/>.</summary>
public sealed record ApprovalDecision
{
    /// <summary>Yes or no.</summary>
    public required ApprovalOutcome Outcome { get; init; }

    /// <summary>Who answered; <see langword="null"/> when the deadline did.</summary>
    public string? Responder { get; init; }

    /// <summary>Why, in words.</summary>
    public string? Comment { get; init; }

    /// <summary>Data that came with the answer, for example edited tool arguments; absent when the subject stands as it is.</summary>
    public Payload Data { get; init; }

    /// <summary>Give the same answer to the same question for the rest of the run.</summary>
    public bool Remember { get; init; }

    /// <summary>Whether the deadline decided.</summary>
    public bool TimedOut { get; init; }
}
