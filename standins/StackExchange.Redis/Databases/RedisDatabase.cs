using System.Security.Cryptography;
using System.Text;

namespace StackExchange.Redis;

internal sealed partial class RedisDatabase(ConnectionMultiplexer connection, int database) : Commands(connection, database), IDatabase
{
    public IBatch CreateBatch(object? asyncState = null) => new RedisBatch(Connection, Database);

    public ITransaction CreateTransaction(object? asyncState = null) => new RedisTransaction(Connection, Database);

    public RedisResult Execute(string command, params object[] args) => Connection.WaitFor(ExecuteAsync(command, args), command);

    public RedisResult Execute(string command, ICollection<object> args, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ExecuteAsync(command, args, flags), command);

    public long Publish(RedisChannel channel, RedisValue message, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(PublishAsync(channel, message, flags), nameof(Publish));

    protected override Task<RedisResult> EvaluateAsync(string command, string script, RedisValue[] arguments, CommandFlags flags)
    {
        ArgumentException.ThrowIfNullOrEmpty(script);
        if ((flags & CommandFlags.NoScriptCache) != 0) return base.EvaluateAsync(command, script, arguments, flags);
        if ((flags & CommandFlags.FireAndForget) == 0) return EvaluateCachedAsync(command, script, arguments, flags);

        _ = EvaluateCachedAsync(command, script, arguments, flags & ~CommandFlags.FireAndForget)
            .ContinueWith(static failed => _ = failed.Exception, TaskContinuationOptions.OnlyOnFaulted);
        return Task.FromResult<RedisResult>(null!);
    }

    private async Task<RedisResult> EvaluateCachedAsync(string command, string script, RedisValue[] arguments, CommandFlags flags)
    {
        var known = Connection.Interactive.Connection?.Scripts;
        if (known is not null && known.TryGetValue(script, out var hash))
        {
            try
            {
                return await Send<RedisResult>(command.Replace("EVAL", "EVALSHA", StringComparison.Ordinal), [hash, .. arguments], ReplyReaders.Result, flags);
            }
            catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                // Scripts were flushed, or the server was replaced, since.
            }
        }

        var result = await base.EvaluateAsync(command, script, arguments, flags);
        known?.TryAdd(script, Hash(script));
        return result;
    }

    // Redis names scripts by their SHA-1; nothing here rests on its strength.
#pragma warning disable CA5350
    internal static string Hash(string script) => System.Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(script)));
#pragma warning restore CA5350
}
