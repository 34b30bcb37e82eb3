using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>How this replica works.</summary>
internal sealed class WorkerOptions
{
    public const string Section = "Worker";

    /// <summary>Where orchestrators reach this replica's gRPC endpoint; worked out from the bound addresses unless given.</summary>
    public Uri? Address { get; set; }

    /// <summary>How many executions to take at the same time.</summary>
    [Range(1, 10_000)]
    public int Capacity { get; set; } = 32;

    /// <summary>How often to tell the orchestrator, on a stream that has nothing else to say, that the work goes on.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often to renew the entry in the worker directory.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00")]
    public TimeSpan AnnounceInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an execution goes on that no orchestrator is attached to.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan OrphanGrace { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the result of an execution is kept for an orchestrator that asks again.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How many results are kept at most.</summary>
    [Range(0, 100_000)]
    public int RetainedResults { get; set; } = 1_000;

    /// <summary>How long executions may go on after the service was told to stop.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);
}
