namespace StackExchange.Redis;

internal sealed class RedisTransaction(ConnectionMultiplexer connection, int database) : Commands(connection, database), ITransaction
{
    private readonly Lock _lock = new();
    private List<ConditionResult> _conditions = [];
    private List<Message> _messages = [];

    public ConditionResult AddCondition(Condition condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var result = new ConditionResult(condition);
        lock (_lock) _conditions.Add(result);
        return result;
    }

    void IBatch.Execute() => Execute(CommandFlags.FireAndForget);

    public bool Execute(CommandFlags flags = CommandFlags.None) => Connection.WaitFor(ExecuteAsync(flags), "EXEC");

    public Task<bool> ExecuteAsync(CommandFlags flags = CommandFlags.None)
    {
        TransactionMessage transaction;
        lock (_lock)
        {
            transaction = new TransactionMessage(Database, [.. _conditions], [.. _messages]);
            _conditions = [];
            _messages = [];
        }

        if (transaction.Messages.Length == 0 && transaction.Conditions.Length == 0) return Task.FromResult(true);
        Connection.Enqueue(transaction);
        return (flags & CommandFlags.FireAndForget) != 0 ? Task.FromResult(false) : transaction.Task;
    }

    protected override Task<T> SendAsync<T>(
        int database, string command, RedisValue[] arguments, ReplyReader<T> reader, CommandFlags flags, T fireAndForgetResult = default!)
    {
        var message = new Message<T>(database, command, arguments, reader);
        lock (_lock) _messages.Add(message);
        return (flags & CommandFlags.FireAndForget) != 0 ? Task.FromResult(fireAndForgetResult) : message.Task;
    }
}
