namespace StackExchange.Redis;

public partial interface IDatabase : IRedis, IDatabaseAsync
{
    int Database { get; }

    IBatch CreateBatch(object? asyncState = null);

    ITransaction CreateTransaction(object? asyncState = null);

    RedisResult Execute(string command, params object[] args);

    RedisResult Execute(string command, ICollection<object> args, CommandFlags flags = CommandFlags.None);

    long Publish(RedisChannel channel, RedisValue message, CommandFlags flags = CommandFlags.None);
}
