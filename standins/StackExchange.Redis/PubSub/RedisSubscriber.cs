using System.Net;

namespace StackExchange.Redis;

internal sealed class RedisSubscriber(ConnectionMultiplexer multiplexer) : RedisBase(multiplexer), ISubscriber
{
    public bool IsConnected(RedisChannel channel = default) => Connection.SubscriptionBridge.IsConnected;

    public EndPoint? SubscribedEndpoint(RedisChannel channel) =>
        Connection.Subscriptions.Contains(channel) && Connection.SubscriptionBridge is { IsConnected: true, EndPoint: var endPoint } ? endPoint : null;

    public long Publish(RedisChannel channel, RedisValue message, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(PublishAsync(channel, message, flags), "PUBLISH");

    public Task<long> PublishAsync(RedisChannel channel, RedisValue message, CommandFlags flags = CommandFlags.None)
    {
        if (channel.IsNullOrEmpty) throw new ArgumentException("A null or empty channel is not valid here.", nameof(channel));
        return Connection.SendAsync(new Message<long>(-1, "PUBLISH", [channel.Value, message], ReplyReaders.Int64), flags, 0);
    }

    public void Subscribe(RedisChannel channel, Action<RedisChannel, RedisValue> handler, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SubscribeAsync(channel, handler, flags), "SUBSCRIBE");

    public ChannelMessageQueue Subscribe(RedisChannel channel, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SubscribeAsync(channel, flags), "SUBSCRIBE");

    public Task SubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue> handler, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Connection.Subscriptions.AddAsync(channel, handler, flags);
    }

    public async Task<ChannelMessageQueue> SubscribeAsync(RedisChannel channel, CommandFlags flags = CommandFlags.None)
    {
        var queue = new ChannelMessageQueue(channel, Connection.Subscriptions);
        await Connection.Subscriptions.AddAsync(channel, queue, flags);
        return queue;
    }

    public void Unsubscribe(RedisChannel channel, Action<RedisChannel, RedisValue>? handler = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(UnsubscribeAsync(channel, handler, flags), "UNSUBSCRIBE");

    public void UnsubscribeAll(CommandFlags flags = CommandFlags.None) => Connection.WaitFor(UnsubscribeAllAsync(flags), "UNSUBSCRIBE");

    public Task UnsubscribeAsync(RedisChannel channel, Action<RedisChannel, RedisValue>? handler = null, CommandFlags flags = CommandFlags.None) =>
        Connection.Subscriptions.RemoveAsync(channel, handler, flags);

    public Task UnsubscribeAllAsync(CommandFlags flags = CommandFlags.None) => Connection.Subscriptions.RemoveAllAsync(flags);
}
