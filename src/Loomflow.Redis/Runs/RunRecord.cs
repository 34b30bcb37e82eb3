namespace Loomflow.Redis.Runs;

/// <summary>A run as the store has it, without its journal.</summary>
public sealed record RunRecord
{
    public required RunHeader Header { get; init; }

    public required RunStatus Status { get; init; }

    /// <summary>Why it waits or is parked, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>Counts the owners that the run has had; what an earlier owner writes is refused.</summary>
    public long Epoch { get; init; }

    /// <summary>The last owner that has written an event. Owners after it have all come to nothing.</summary>
    public long Progress { get; init; }

    /// <summary>The last event of the journal.</summary>
    public long Sequence { get; init; }

    /// <summary>The last event whose audit entry is acknowledged.</summary>
    public long Audited { get; init; }

    public Payload Output { get; init; }

    public Failure? Failure { get; init; }

    /// <summary>Whether only this record is left of the run.</summary>
    public bool IsTrimmed { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public bool IsTerminal => Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled or RunStatus.Capped;
}
