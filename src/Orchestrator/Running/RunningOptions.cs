using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>How this orchestrator owns runs; section <c>Running</c>.</summary>
public sealed class RunningOptions : IValidatableObject
{
    /// <summary>How many runs this replica drives at the same time. Waiting runs do not count.</summary>
    [Range(1, 100_000)]
    public int MaxRuns { get; set; } = 1_000;

    /// <summary>How many runs of a workflow are worked on at the same time, over all orchestrators, by the workflow's name. Waiting runs do not count.</summary>
    public Dictionary<string, int> WorkflowLimits { get; } = new(StringComparer.Ordinal);

    /// <summary>How long a run stays with an orchestrator that no longer renews it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often to look for runs when nobody says that there are any.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many owners in a row may come to nothing before a run is parked.</summary>
    [Range(1, 1_000)]
    public int MaxFruitlessOwners { get; set; } = 10;

    /// <summary>
    /// How long audit entries wait for others to go with, across runs, while nobody waits for them: a step under <see cref="Audit.AuditPolicy.Strict"/> and
    /// a decision send theirs at once. Longer is less work per entry for this service and the audit service; zero sends each as it comes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan AuditLinger { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long a stopping orchestrator lets steps go on before it hands their runs over.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        WorkflowLimits.Where(limit => limit.Value < 1)
            .Select(limit => new ValidationResult($"Running:WorkflowLimits:{limit.Key} is {limit.Value}: a workflow has at least one run, or no limit.", [nameof(WorkflowLimits)]));
}
