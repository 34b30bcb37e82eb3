using System.ComponentModel.DataAnnotations;

namespace Loomflow.Redis.Workers;

/// <summary>How the worker directory tells the living from the dead.</summary>
public sealed class WorkerDirectoryOptions
{
    /// <summary>How long a replica counts as alive after its last heartbeat. Several times the interval of heartbeats.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How old a reader's own copy of the directory may be.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan Refresh { get; set; } = TimeSpan.FromSeconds(1);
}
