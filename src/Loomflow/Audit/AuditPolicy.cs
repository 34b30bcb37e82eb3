namespace Loomflow.Audit;

/// <summary>What a run does not begin before the audit log has it. Whatever the policy, every entry reaches the log, in order, once.</summary>
public enum AuditPolicy
{
    /// <summary>Tool calls, and approvals in both directions, wait until their entry is durable; steps do not.</summary>
    Decisions,

    /// <summary>Steps wait as well: what a run does is on record before it does it, and a log that is away holds runs up.</summary>
    Strict,

    /// <summary>Nothing waits: entries that a log which is away has not taken are in the run's journal until it is back.</summary>
    Buffered,
}
