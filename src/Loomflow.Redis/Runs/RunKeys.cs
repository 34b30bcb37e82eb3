using StackExchange.Redis;

namespace Loomflow.Redis.Runs;

/// <summary>
/// The keys of runs. All keys of one run carry its id as the hash tag, so that scripts over them work in a cluster; all keys of the
/// queue carry another one.
/// </summary>
internal static class RunKeys
{
    public static RedisKey Record(string runId) => $"loom:run:{{{runId}}}";

    public static RedisKey Journal(string runId) => $"loom:run:{{{runId}}}:journal";

    public static RedisKey Inbox(string runId) => $"loom:run:{{{runId}}}:inbox";

    /// <summary>The answers that count, by question.</summary>
    public static RedisKey Answers(string runId) => $"loom:run:{{{runId}}}:answers";

    /// <summary>Where watchers of a run are told that its journal has grown.</summary>
    public static RedisChannel Changes(string runId) => RedisChannel.Literal($"loom:run:{{{runId}}}:changes");

    /// <summary>Where it is said that a run has ended; the message is the run's id.</summary>
    public static RedisChannel Ended { get; } = RedisChannel.Literal("loom:runs:ended");

    /// <summary>Where a run's owner is told that there is something in its inbox.</summary>
    public static RedisChannel Mail { get; } = RedisChannel.Literal("loom:runs:mail");

    public static RedisKey Queue { get; } = "loom:{queue}:ready";

    public static RedisKey Timers { get; } = "loom:{queue}:timers";

    public static RedisChannel QueueChanges { get; } = RedisChannel.Literal("loom:queue:changes");

    public static RedisKey IndexOf(PartitionKey partition) => $"loom:runs:{{{partition.Encode()}}}";

    public static RedisKey IndexOfAll { get; } = "loom:runs:{all}";

    public static RedisKey Parked { get; } = "loom:runs:{parked}";
}
