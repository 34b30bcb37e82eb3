namespace StackExchange.Redis;

public readonly struct ChannelMessage : IEquatable<ChannelMessage>
{
    internal ChannelMessage(RedisChannel subscriptionChannel, RedisChannel channel, RedisValue message)
    {
        SubscriptionChannel = subscriptionChannel;
        Channel = channel;
        Message = message;
    }

    /// <summary>What was subscribed to, which may be a pattern.</summary>
    public RedisChannel SubscriptionChannel { get; }

    /// <summary>Where the message was published.</summary>
    public RedisChannel Channel { get; }

    public RedisValue Message { get; }

    public static bool operator ==(ChannelMessage left, ChannelMessage right) => left.Equals(right);

    public static bool operator !=(ChannelMessage left, ChannelMessage right) => !left.Equals(right);

    bool IEquatable<ChannelMessage>.Equals(ChannelMessage other) => Equals(other);

    public override bool Equals(object? obj) => obj is ChannelMessage other && other.Channel == Channel && other.Message == Message;

    public override int GetHashCode() => HashCode.Combine(Channel, Message);

    public override string ToString() => $"{Channel}:{Message}";
}
