namespace Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

/// <summary>What a service may ask of another one. Each is also the name of the authorization policy that demands it.</summary>
public static class Scopes
{
    public const string WorkerExecute = "worker.execute";

    public const string RunsStart = "runs.start";

    public const string RunsRead = "runs.read";

    public const string ApprovalsAnswer = "approvals.answer";

    public const string MemoryRead = "memory.read";

    public const string MemoryForget = "memory.forget";

    public const string AuditAppend = "audit.append";

    public const string AuditRead = "audit.read";

    public const string AuditAdmin = "audit.admin";

    public static IReadOnlyList<string> All { get; } = [WorkerExecute, RunsStart, RunsRead, ApprovalsAnswer, MemoryRead, MemoryForget, AuditAppend, AuditRead, AuditAdmin];
}
