namespace Loomflow.Aspire.AuditService.Storage;

internal enum FrameStatus
{
    Record,
    End,

    /// <summary>The file ends inside the frame.</summary>
    Torn,

    /// <summary>What should be a frame header is none.</summary>
    Damaged,
}
