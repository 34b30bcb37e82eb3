using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.ServiceDefaults.Limits;

/// <summary>What one caller may ask of a service; section <c>Limits</c>, the same for all services.</summary>
public sealed class LimitOptions : IValidatableObject
{
    public const string Section = "Limits";

    /// <summary>The largest body of an HTTP request; 413 beyond. The orchestrator's follows from the largest input that it takes, <c>Input:MaxBytes</c>.</summary>
    [Range(1_024, 1_073_741_824)]
    public int MaxRequestBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// The largest gRPC message that is received; RESOURCE_EXHAUSTED beyond. A step is sent its input with what is journaled of it, so workers take more than
    /// the largest input of a run. The orchestrator's follows from <c>Input:MaxBytes</c>.
    /// </summary>
    [Range(1_024, 1_073_741_824)]
    public int MaxMessageBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>All headers of a request together; 431 beyond.</summary>
    [Range(1_024, 1_048_576)]
    public int MaxHeaderBytes { get; set; } = 16 * 1024;

    [Range(8, 1_000)]
    public int MaxHeaders { get; set; } = 64;

    /// <summary>The first line of a request, with its path and query; 414 beyond.</summary>
    [Range(256, 65_536)]
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>How many connections may be open at the same time.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Requests of one user in a second, on each replica, in the long run; 429 beyond.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 100;

    /// <summary>Requests that a user who was quiet may make at once.</summary>
    [Range(1, 1_000_000)]
    public int RequestBurst { get; set; } = 500;

    /// <summary>Requests of one user that may be under way at the same time, on each replica, event streams included; 429 beyond.</summary>
    [Range(1, 1_000_000)]
    public int ConcurrentRequests { get; set; } = 200;

    /// <summary>Event streams of one user, on each replica; 429 beyond.</summary>
    [Range(1, 1_000_000)]
    public int EventStreams { get; set; } = 50;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RequestsPerSecond > RequestBurst)
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(RequestsPerSecond)} ({RequestsPerSecond}) is more than {Section}:{nameof(RequestBurst)} ({RequestBurst}), which is the most at once: raise the burst, or lower the rate.", [nameof(RequestsPerSecond)]);
        }

        if (EventStreams > ConcurrentRequests)
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(EventStreams)} ({EventStreams}) is more than {Section}:{nameof(ConcurrentRequests)} ({ConcurrentRequests}), which counts event streams, too: lower the one or raise the other.", [nameof(EventStreams)]);
        }
    }
}
