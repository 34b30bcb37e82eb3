namespace Loomflow;

/// <summary>A step that asks a person.</summary>
internal interface IApprovalStep
{
    ApprovalRequest Request(Payload input, string approvalId, DateTimeOffset now);

    object? Conclude(Payload input, ApprovalDecision decision);
}
