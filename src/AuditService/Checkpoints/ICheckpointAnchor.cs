namespace Loomflow.Aspire.AuditService.Checkpoints;

/// <summary>A second place for checkpoints, which whoever can rewrite the log should not be able to rewrite.</summary>
internal interface ICheckpointAnchor
{
    /// <summary>What messages call it.</summary>
    string Name { get; }

    Task PublishAsync(string origin, string note, CancellationToken cancellationToken);

    /// <summary>What was published for this log: signed notes, each with an empty line behind it; empty if there is none.</summary>
    Task<string> ReadAsync(string origin, CancellationToken cancellationToken);
}
