using System.Text.Json;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Redis.Workers;

/// <summary>
/// Which replicas of workers are alive, what they host and how busy they are. Replicas announce themselves again and again; one that
/// stops doing so is dead after a while. Ages are measured by Redis's clock alone, so clocks of machines may differ.
/// </summary>
public sealed class WorkerDirectory(IConnectionMultiplexer redis, TimeProvider time, IOptions<WorkerDirectoryOptions> options)
{
    // KEYS: heartbeats, replicas. ARGV: id, replica, when to forget the dead (ms), channel. Gives 1 when the replica is new.
    private const string Announce = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3], 'LIMIT', 0, 100)) do
          redis.call('ZREM', KEYS[1], dead)
          redis.call('HDEL', KEYS[2], dead)
        end
        local new = redis.call('ZADD', KEYS[1], now, ARGV[1])
        redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
        if new == 1 then redis.call('PUBLISH', ARGV[4], ARGV[1]) end
        return new
        """;

    // KEYS: heartbeats, replicas. ARGV: id, channel.
    private const string Remove = """
        redis.call('HDEL', KEYS[2], ARGV[1])
        if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('PUBLISH', ARGV[2], ARGV[1]) end
        """;

    // KEYS: heartbeats, replicas. ARGV: time to live (ms).
    private const string List = """
        local t = redis.call('TIME')
        local alive = redis.call('ZRANGEBYSCORE', KEYS[1], t[1] * 1000 + math.floor(t[2] / 1000) - ARGV[1], '+inf')
        if #alive == 0 then return {} end
        return redis.call('HMGET', KEYS[2], unpack(alive))
        """;

    // One hash tag, so that the scripts work in a cluster.
    private static readonly RedisKey[] s_keys = ["loom:{workers}:heartbeats", "loom:{workers}:replicas"];
    private static readonly RedisChannel s_changes = RedisChannel.Literal("loom:workers:changes");

    private readonly SemaphoreSlim _refreshing = new(1);
    private Snapshot _snapshot = new([], null);
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _subscribed;

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Registers a replica, or renews it.</summary>
    public Task AnnounceAsync(WorkerReplica replica)
    {
        ArgumentNullException.ThrowIfNull(replica);
        var forget = (long)(options.Value.TimeToLive * 10).TotalMilliseconds;
        return Database.ScriptEvaluateAsync(Announce, s_keys, [replica.Id, JsonSerializer.Serialize(replica, PayloadSerializer.Options), forget, (string)s_changes!]);
    }

    /// <summary>Takes a replica out: it begins nothing new.</summary>
    public Task RemoveAsync(string id) => Database.ScriptEvaluateAsync(Remove, s_keys, [id, (string)s_changes!]);

    /// <summary>The live replicas that host a step, from a copy that is at most <see cref="WorkerDirectoryOptions.Refresh"/> old; an older one while Redis is away.</summary>
    public async ValueTask<IReadOnlyList<WorkerReplica>> FindAsync(string step, CancellationToken cancellationToken = default)
    {
        var replicas = await ListCachedAsync(cancellationToken);
        return [.. replicas.Where(replica => replica.Hosts.Contains(step, StringComparer.Ordinal))];
    }

    /// <summary>All live replicas, from the same copy.</summary>
    public async ValueTask<IReadOnlyList<WorkerReplica>> ListCachedAsync(CancellationToken cancellationToken = default)
    {
        var snapshot = _snapshot;
        if (!IsFresh(snapshot)) snapshot = await RefreshWhenThereAsync(cancellationToken);
        return snapshot.Replicas;
    }

    /// <summary>A Redis that is away for a while delays whoever looks for a worker; it does not fail them.</summary>
    private async Task<Snapshot> RefreshWhenThereAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await RefreshAsync(cancellationToken);
            }
            catch (Exception away) when (RedisAway.Is(away))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
            }
        }
    }

    /// <summary>All live replicas, as Redis knows them now.</summary>
    public async Task<IReadOnlyList<WorkerReplica>> ListAsync()
    {
        var entries = (RedisValue[]?)await Database.ScriptEvaluateAsync(List, s_keys, [(long)options.Value.TimeToLive.TotalMilliseconds]) ?? [];
        return [.. entries.Where(entry => !entry.IsNull).Select(entry => JsonSerializer.Deserialize<WorkerReplica>((string)entry!, PayloadSerializer.Options)!)];
    }

    /// <summary>A task that ends when a replica has come or gone. Announcements can get lost, so do not wait for it alone.</summary>
    public async Task<Task> WatchAsync()
    {
        if (!_subscribed)
        {
            await redis.GetSubscriber().SubscribeAsync(s_changes, (_, _) => Changed());
            _subscribed = true;
        }

        return _changed.Task;
    }

    private void Changed()
    {
        _snapshot = _snapshot with { Taken = null };
        Interlocked.Exchange(ref _changed!, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    private bool IsFresh(Snapshot snapshot) => snapshot.Taken is { } taken && time.GetElapsedTime(taken) < options.Value.Refresh;

    private async Task<Snapshot> RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            if (IsFresh(_snapshot)) return _snapshot;
            var taken = time.GetTimestamp();
            return _snapshot = new Snapshot(await ListAsync(), taken);
        }
        catch (RedisException) when (_snapshot.Replicas.Count > 0)
        {
            return _snapshot;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private sealed record Snapshot(IReadOnlyList<WorkerReplica> Replicas, long? Taken);
}
