namespace StackExchange.Redis;

public readonly struct StreamConsumerInfo
{
    internal StreamConsumerInfo(string name, int pendingMessageCount, long idleTimeInMilliseconds)
    {
        Name = name;
        PendingMessageCount = pendingMessageCount;
        IdleTimeInMilliseconds = idleTimeInMilliseconds;
    }

    public string Name { get; }

    public int PendingMessageCount { get; }

    public long IdleTimeInMilliseconds { get; }
}
