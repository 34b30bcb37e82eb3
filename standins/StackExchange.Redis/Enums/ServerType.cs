namespace StackExchange.Redis;

public enum ServerType
{
    Standalone = 0,
    Sentinel = 1,
    Cluster = 2,
    Twemproxy = 3,
    Envoyproxy = 4,
}
