namespace StackExchange.Redis;

/// <summary>The server answered with an error; the message is the server's.</summary>
public sealed class RedisServerException(string message) : RedisException(message);
