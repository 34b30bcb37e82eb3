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

    /// <summary>Runs that are stopped when this one ends.</summary>
    public static RedisKey Children(string runId) => $"loom:run:{{{runId}}}:children";

    /// <summary>Where watchers of a run are told that its journal has grown.</summary>
    public static RedisChannel Changes(string runId) => RedisChannel.Literal($"loom:run:{{{runId}}}:changes");

    /// <summary>Where it is said that a run has ended; the message is the run's id.</summary>
    public static RedisChannel Ended { get; } = RedisChannel.Literal("loom:runs:ended");

    /// <summary>Where a run's owner is told that there is something in its inbox.</summary>
    public static RedisChannel Mail { get; } = RedisChannel.Literal("loom:runs:mail");

    public static RedisKey Queue { get; } = "loom:{queue}:ready";

    public static RedisKey Timers { get; } = "loom:{queue}:timers";

    /// <summary>New runs in the order in which they are taken.</summary>
    public static RedisKey Line { get; } = "loom:{queue}:line";

    /// <summary>The headers of the runs in line.</summary>
    public static RedisKey Headers { get; } = "loom:{queue}:headers";

    public static RedisKey Tickets { get; } = "loom:{queue}:tickets";

    /// <summary>Every run that was accepted, by when it was created.</summary>
    public static RedisKey IndexOfAll { get; } = "loom:{queue}:runs";

    /// <summary>The definitions that live orchestrators have, by when one of them last said so.</summary>
    public static RedisKey Definitions { get; } = "loom:{queue}:definitions";

    /// <summary>Runs that have ended and are audited, by when they ended, until their journals are trimmed.</summary>
    public static RedisKey EndedRuns { get; } = "loom:{queue}:ended";

    /// <summary>The same after that, until they are removed.</summary>
    public static RedisKey TrimmedRuns { get; } = "loom:{queue}:trimmed";

    /// <summary>The runs of a workflow that hold one of its places.</summary>
    public static RedisKey PlacesOf(string workflow) => $"loom:{{queue}}:places:{workflow}";

    public static RedisKey LineOf(string workflow) => $"loom:{{queue}}:line:{workflow}";

    public static RedisKey TicketsOf(string workflow) => $"loom:{{queue}}:tickets:{workflow}";

    public static RedisChannel QueueChanges { get; } = RedisChannel.Literal("loom:queue:changes");

    public static RedisKey IndexOf(RunsOf whose) => whose == RunsOf.Everybody ? IndexOfAll : $"loom:runs:{{{whose.Name}}}";

    /// <summary>A user's runs that have not ended, and some that have.</summary>
    public static RedisKey ActiveOf(PartitionKey partition) => $"loom:runs:{{{partition.Encode()}}}:active";

    public static RedisKey ParkedOf(RunsOf whose) => $"loom:parked:{{{whose.Name}}}";
}
