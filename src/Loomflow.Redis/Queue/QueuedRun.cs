using Loomflow.Redis.Runs;

namespace Loomflow.Redis.Queue;

/// <summary>A run that was handed out by the queue.</summary>
/// <param name="Entry">The queue entry; holding it unacknowledged is owning the run.</param>
/// <param name="RunId">The run.</param>
/// <param name="Header">The run's header, where the entry is of a new run.</param>
public sealed record QueuedRun(string Entry, string RunId, RunHeader? Header);
