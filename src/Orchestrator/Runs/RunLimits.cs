using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>What a run may be and become; section <c>Limits</c>, beside what holds for every service.</summary>
internal sealed class RunLimits
{
    public const string Section = "Limits";

    /// <summary>A run's output, as JSON. A run whose output is larger ends as capped.</summary>
    [Range(64, 64 * 1024 * 1024)]
    public int MaxOutputBytes { get; set; } = 1024 * 1024;

    /// <summary>Events in a run's journal. A run that comes to more ends as capped.</summary>
    [Range(10, 10_000_000)]
    public int MaxEvents { get; set; } = 50_000;

    /// <summary>Runs of one user that have not ended, child runs not counted; 429 beyond.</summary>
    [Range(1, 10_000_000)]
    public int ActiveRunsPerUser { get; set; } = 1_000;
}
