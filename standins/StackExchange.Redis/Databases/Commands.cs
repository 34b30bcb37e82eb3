using System.Runtime.CompilerServices;

namespace StackExchange.Redis;

/// <summary>The commands of a database, in the form that databases, batches and transactions share.</summary>
internal abstract partial class Commands(ConnectionMultiplexer connection, int database) : RedisBase(connection), IDatabaseAsync
{
    public int Database { get; } = database;

    public bool IsConnected(RedisKey key, CommandFlags flags = CommandFlags.None) => Connection.IsConnected;

    public Task<RedisResult> ExecuteAsync(string command, params object[] args) => ExecuteAsync(command, args, CommandFlags.None);

    public Task<RedisResult> ExecuteAsync(string command, ICollection<object>? args, CommandFlags flags = CommandFlags.None) =>
        Send<RedisResult>(command, ExecuteArguments.From(args), ReplyReaders.Result, flags);

    public Task<long> PublishAsync(RedisChannel channel, RedisValue message, CommandFlags flags = CommandFlags.None) =>
        Send("PUBLISH", [channel.Value, message], ReplyReaders.Int64, flags);

    protected Task<T> Send<T>(string command, RedisValue[] arguments, ReplyReader<T> reader, CommandFlags flags, T fireAndForgetResult = default!) =>
        SendAsync(Database, command, arguments, reader, flags, fireAndForgetResult);

    protected static RedisValue[] Values(RedisKey[] keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return Array.ConvertAll(keys, key => key.Value);
    }

    private protected async IAsyncEnumerable<T> ScanAsync<T>(
        string command,
        RedisValue[] key,
        RedisValue pattern,
        int pageSize,
        long cursor,
        int pageOffset,
        ReplyReader<T[]> reader,
        CommandFlags flags,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RedisValue[] filter = pattern.IsNullOrEmpty || pattern == "*" ? [] : ["MATCH", pattern];
        var next = (RedisValue)cursor;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = await Send(command, [.. key, next, .. filter, "COUNT", pageSize], Page, flags);
            next = page.Next;
            foreach (var item in page.Items.Skip(pageOffset)) yield return item;
            pageOffset = 0;
        }
        while (next != 0);

        (RedisValue Next, T[] Items) Page(in RespReply reply) => (reply.Items[0].Value, reader(reply.Items[1]));
    }
}
