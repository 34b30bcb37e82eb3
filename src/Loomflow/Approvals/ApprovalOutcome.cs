namespace Loomflow;

/// <summary>What a person decided.</summary>
public enum ApprovalOutcome
{
    /// <summary>No. Also what silence means, unless the request says otherwise.</summary>
    Denied,

    /// <summary>Yes.</summary>
    Approved,
}
