using Loomflow.Redis.Runs;
using StackExchange.Redis;

namespace Loomflow.Redis.Queue;

/// <summary>
/// Limits how many runs of a workflow are worked on at the same time, over all orchestrators. A run has its place from when it is begun
/// until it has ended, waits or is parked, whoever owns it meanwhile; runs without one stand in line, users in turn.
/// </summary>
public sealed class WorkflowPlaces(IConnectionMultiplexer redis)
{
    private IDatabase Database => redis.GetDatabase();

    /// <summary>Takes a place for a run, or puts it in line. A run that has one keeps it.</summary>
    /// <param name="workflow">The workflow.</param>
    /// <param name="runId">The run.</param>
    /// <param name="partition">Whose it is.</param>
    /// <param name="limit">How many places the workflow has.</param>
    /// <param name="goesOn">Whether the run was begun before: such runs come before new ones.</param>
    /// <returns>How many runs are before it in line; <see langword="null"/> when it has a place.</returns>
    public async Task<int?> AdmitAsync(string workflow, string runId, PartitionKey partition, int limit, bool goesOn)
    {
        var before = (int)await Database.ScriptEvaluateAsync(
            QueueScripts.Admit,
            [RunKeys.PlacesOf(workflow), RunKeys.LineOf(workflow), RunKeys.TicketsOf(workflow)],
            [runId, partition.Encode(), limit, goesOn ? "1" : "0"]);
        return before < 0 ? null : before;
    }

    /// <summary>Gives a run's place back; those next in line come into the queue.</summary>
    public Task LeaveAsync(string workflow, string runId, int limit) => LeaveAsync(workflow, runId, (RedisValue)limit);

    /// <summary>Lets in whoever the limit allows, after it was changed; without one that is everybody.</summary>
    public Task LetInAsync(string workflow, int? limit) => LeaveAsync(workflow, "", limit ?? RedisValue.EmptyString);

    /// <summary>How many runs are before one in line; <see langword="null"/> when it is not in line.</summary>
    public Task<long?> BeforeAsync(string workflow, string runId) => Database.SortedSetRankAsync(RunKeys.LineOf(workflow), runId);

    /// <summary>How many runs have a place, and how many are in line.</summary>
    public async Task<(long Places, long InLine)> CountAsync(string workflow)
    {
        var places = Database.SetLengthAsync(RunKeys.PlacesOf(workflow));
        return (await places, await Database.SortedSetLengthAsync(RunKeys.LineOf(workflow)));
    }

    private Task LeaveAsync(string workflow, string runId, RedisValue limit) => Database.ScriptEvaluateAsync(
        QueueScripts.Leave,
        [RunKeys.PlacesOf(workflow), RunKeys.LineOf(workflow), RunKeys.TicketsOf(workflow), RunKeys.Queue],
        [runId, limit, (string?)RunKeys.QueueChanges]);
}
