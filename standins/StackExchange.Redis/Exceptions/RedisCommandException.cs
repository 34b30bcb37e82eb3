namespace StackExchange.Redis;

public sealed class RedisCommandException : Exception
{
    public RedisCommandException(string message)
        : base(message)
    {
    }

    public RedisCommandException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
