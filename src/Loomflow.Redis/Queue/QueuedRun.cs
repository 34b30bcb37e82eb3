using System.Text.Json;
using Loomflow.Redis.Runs;

namespace Loomflow.Redis.Queue;

/// <summary>A run that was handed out by the queue.</summary>
/// <param name="entry">The queue entry.</param>
/// <param name="runId">The run.</param>
/// <param name="header">The run's header as JSON, where the entry is of a new run.</param>
public sealed class QueuedRun(string entry, string runId, string? header)
{
    private readonly Lazy<RunHeader?> _header = new(() => header is null ? null : JsonSerializer.Deserialize<RunHeader>(header, PayloadSerializer.Options));

    /// <summary>The queue entry; holding it unacknowledged is owning the run.</summary>
    public string Entry => entry;

    /// <summary>The run.</summary>
    public string RunId => runId;

    /// <summary>The run's header, where the entry is of a new run. It is read when it is first asked for.</summary>
    public RunHeader? Header => _header.Value;
}
