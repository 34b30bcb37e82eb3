using System.Globalization;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>Runs commands and scripts, and says in the terms of memory when Redis cannot.</summary>
internal sealed class MemoryDatabase(IConnectionMultiplexer connection, RedisMemoryOptions options)
{
    private const int LogLength = 1_000;
    private readonly string _idle = Milliseconds(options.Bounds.IdleRetention);
    private readonly string _episodes = Milliseconds(options.Bounds.EpisodeRetention);

    public Task<RedisResult> RunAsync(string script, MemoryKeys keys, CancellationToken cancellationToken, params ReadOnlySpan<RedisValue> arguments) =>
        RunAsync(script, keys.All, cancellationToken, arguments);

    public Task<RedisResult> RunAsync(string script, RedisKey[] keys, CancellationToken cancellationToken, params ReadOnlySpan<RedisValue> arguments)
    {
        RedisValue[] all = [Guid.NewGuid().ToString("n"), LogLength, _idle, _episodes, .. arguments];
        return CallAsync(database => database.ScriptEvaluateAsync(script, keys, all), cancellationToken);
    }

    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await call(connection.GetDatabase()).WaitAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is RedisException or RedisTimeoutException or RedisCommandException)
        {
            throw new MemoryUnavailableException($"Redis did not carry out an operation on memory: {failure.Message}", failure);
        }
    }

    public Task SubscribeAsync(RedisChannel channel, Action<string> heard, CancellationToken cancellationToken) =>
        CallAsync(
            async _ =>
            {
                await connection.GetSubscriber().SubscribeAsync(channel, (_, message) => heard((string)message!));
                return true;
            },
            cancellationToken);

    private static string Milliseconds(TimeSpan? time) => time is { } value ? ((long)value.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) : "";
}
