namespace StackExchange.Redis;

internal sealed class RedisBatch(ConnectionMultiplexer connection, int database) : Commands(connection, database), IBatch
{
    private readonly Lock _lock = new();
    private List<Message> _messages = [];

    public void Execute()
    {
        Message[] messages;
        lock (_lock)
        {
            messages = [.. _messages];
            _messages = [];
        }

        if (messages.Length > 0) Connection.Enqueue(new BatchMessage(Database, messages));
    }

    protected override Task<T> SendAsync<T>(
        int database, string command, RedisValue[] arguments, ReplyReader<T> reader, CommandFlags flags, T fireAndForgetResult = default!)
    {
        var message = new Message<T>(database, command, arguments, reader);
        lock (_lock) _messages.Add(message);
        return (flags & CommandFlags.FireAndForget) != 0 ? Task.FromResult(fireAndForgetResult) : message.Task;
    }
}
