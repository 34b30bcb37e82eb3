namespace StackExchange.Redis;

public enum RedisProtocol
{
    Resp2 = 20000,
    Resp3 = 30000,
}
