using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Storage;

/// <summary>Whether the log can be written, and why not.</summary>
internal sealed record LogState
{
    /// <summary>Everything works.</summary>
    public static LogState Open { get; } = new() { Name = "open", CanWrite = true };

    public required string Name { get; init; }

    public string? Reason { get; init; }

    public AuditDamage? Damage { get; init; }

    /// <summary>Whether the last write succeeded.</summary>
    public bool CanWrite { get; init; }

    /// <summary>Whether only opening the log anew can help.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The disk refuses for now; each append tries again.</summary>
    public static LogState Full(string reason) => new() { Name = "disk full", Reason = reason };

    /// <summary>The storage cannot be written; reading works.</summary>
    public static LogState ReadOnly(string reason) => new() { Name = "read-only", Reason = reason, IsFinal = true };

    /// <summary>The log is not as it was left; nothing was touched.</summary>
    public static LogState Damaged(string reason, AuditDamage? damage) => new() { Name = "damaged", Reason = reason, Damage = damage, IsFinal = true };

    /// <summary>What the disk holds is unknown until the log is opened anew.</summary>
    public static LogState Failed(string reason) => new() { Name = "failed", Reason = reason, IsFinal = true };
}
