namespace StackExchange.Redis;

public enum ConnectionType
{
    None = 0,
    Interactive = 1,
    Subscription = 2,
}
