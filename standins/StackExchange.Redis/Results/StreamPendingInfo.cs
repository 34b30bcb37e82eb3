namespace StackExchange.Redis;

public readonly struct StreamPendingInfo
{
    internal StreamPendingInfo(int pendingMessageCount, RedisValue lowestPendingMessageId, RedisValue highestPendingMessageId, StreamConsumer[] consumers)
    {
        PendingMessageCount = pendingMessageCount;
        LowestPendingMessageId = lowestPendingMessageId;
        HighestPendingMessageId = highestPendingMessageId;
        Consumers = consumers;
    }

    public int PendingMessageCount { get; }

    public RedisValue LowestPendingMessageId { get; }

    public RedisValue HighestPendingMessageId { get; }

    public StreamConsumer[] Consumers { get; }
}
