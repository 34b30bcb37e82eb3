using System.Diagnostics;

namespace StackExchange.Redis;

internal abstract class RedisBase(ConnectionMultiplexer connection) : IRedis
{
    public IConnectionMultiplexer Multiplexer => Connection;

    internal ConnectionMultiplexer Connection { get; } = connection;

    public TimeSpan Ping(CommandFlags flags = CommandFlags.None) => Connection.WaitFor(PingAsync(flags), "PING");

    public async Task<TimeSpan> PingAsync(CommandFlags flags = CommandFlags.None)
    {
        var started = Stopwatch.GetTimestamp();
        await SendAsync(-1, "PING", [], ReplyReaders.Any, flags);
        return Stopwatch.GetElapsedTime(started);
    }

    public bool TryWait(Task task) => task.Wait(Connection.TimeoutMilliseconds);

    public void Wait(Task task) => Connection.Wait(task);

    public T Wait<T>(Task<T> task) => Connection.Wait(task);

    public void WaitAll(params Task[] tasks) => Connection.WaitAll(tasks);

    /// <summary>Sends a command; batches and transactions keep it until they are executed.</summary>
    protected virtual Task<T> SendAsync<T>(
        int database, string command, RedisValue[] arguments, ReplyReader<T> reader, CommandFlags flags, T fireAndForgetResult = default!) =>
        Connection.SendAsync(new Message<T>(database, command, arguments, reader), flags, fireAndForgetResult);
}
