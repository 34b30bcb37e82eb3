using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>How steps get to workers.</summary>
internal sealed class DispatchOptions : IValidatableObject
{
    public const string Section = "Dispatch";

    /// <summary>How long to try to connect to a worker.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a worker may be silent before it counts as lost. Several times the workers' heartbeat interval.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan WorkerLease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to try to reach the worker again that a step was cut off from, before the step is sent to another one.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan AttachGrace { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a worker that was told to stop a step may take to say that it has.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan CancelGrace { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>How often to look again for a worker while a step waits for one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:05:00")]
    public TimeSpan WaitInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many workers one attempt of a step may lose before the step is taken to be what ends them.</summary>
    [Range(1, 1_000)]
    public int MaxLostWorkers { get; set; } = 5;

    /// <summary>The largest message, in bytes, to take from a worker.</summary>
    [Range(1_024, 1_073_741_824)]
    public int MaxMessageBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How much, in bytes, a worker may have told of one step that is not taken in yet; and one event, piece of text or result more, however large.</summary>
    [Range(1_024, 16_777_216)]
    public int WindowBytes { get; set; } = 256 * 1024;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (WorkerLease <= ConnectTimeout)
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(WorkerLease)} ({WorkerLease}) must be longer than {nameof(ConnectTimeout)} ({ConnectTimeout}).", [nameof(WorkerLease)]);
        }
    }
}
