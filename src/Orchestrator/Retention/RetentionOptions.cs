using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.Orchestrator.Retention;

/// <summary>How long what is left of ended runs is kept; section <c>Retention</c>. The audit log keeps its entries by its own rules.</summary>
internal sealed class RetentionOptions : IValidatableObject
{
    public const string Section = "Retention";

    /// <summary>How long after its end a run is kept, with its place in the lists and its idempotency key; empty for good.</summary>
    public TimeSpan? Runs { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long after its end a run's journal is kept, which visits, events, retries and forks need; empty for as long as the run.</summary>
    public TimeSpan? Journals { get; set; }

    /// <summary>How often to look for what is due.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Runs <= TimeSpan.Zero) yield return new ValidationResult($"{Section}:{nameof(Runs)} ({Runs}) must be above zero, or empty to keep runs for good.", [nameof(Runs)]);
        if (Journals <= TimeSpan.Zero) yield return new ValidationResult($"{Section}:{nameof(Journals)} ({Journals}) must be above zero, or empty to keep journals as long as their runs.", [nameof(Journals)]);
    }
}
