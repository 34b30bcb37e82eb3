namespace Loomflow.Redis.Queue;

/// <summary>How much work there is.</summary>
/// <param name="Owned">Runs that orchestrators work on.</param>
/// <param name="Waiting">Runs that wait for an orchestrator with room.</param>
/// <param name="Later">Runs that come back at a time: delays, deadlines and scheduled starts.</param>
public sealed record QueueDepth(long Owned, long Waiting, long Later);
