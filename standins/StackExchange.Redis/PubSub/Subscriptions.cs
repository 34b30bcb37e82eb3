namespace StackExchange.Redis;

/// <summary>Who listens to what. It outlives connections: each new one subscribes to all of it again.</summary>
internal sealed class Subscriptions(ConnectionMultiplexer multiplexer)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RedisChannel, Listeners> _channels = [];

    public async Task AddAsync(RedisChannel channel, object listener, CommandFlags flags)
    {
        if (channel.IsNullOrEmpty) throw new ArgumentException("A null or empty channel is not valid here.", nameof(channel));
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_channels.TryGetValue(channel, out var listeners);
            if (isFirst) _channels[channel] = listeners = new Listeners();
            listeners!.Add(listener);
        }

        // Also for later listeners: their task says that the server has the subscription.
        await multiplexer.SendAsync(Command("SUBSCRIBE", channel), flags, true, multiplexer.SubscriptionBridge);
    }

    /// <summary>Removes one listener, or all of the channel where none is named.</summary>
    public async Task RemoveAsync(RedisChannel channel, object? listener, CommandFlags flags)
    {
        lock (_lock)
        {
            if (!_channels.TryGetValue(channel, out var listeners)) return;
            listeners.Remove(listener);
            if (!listeners.IsEmpty) return;
            _channels.Remove(channel);
        }

        await multiplexer.SendAsync(Command("UNSUBSCRIBE", channel), flags, true, multiplexer.SubscriptionBridge);
    }

    public Task RemoveAllAsync(CommandFlags flags)
    {
        RedisChannel[] channels;
        lock (_lock) channels = [.. _channels.Keys];
        return Task.WhenAll(channels.Select(channel => RemoveAsync(channel, null, flags)));
    }

    public bool Contains(RedisChannel channel)
    {
        lock (_lock) return _channels.ContainsKey(channel);
    }

    public void Resubscribe(PhysicalConnection connection, ConnectionType type)
    {
        if (type == ConnectionType.Interactive && connection.Protocol != RedisProtocol.Resp3) return;
        lock (_lock)
            foreach (var channel in _channels.Keys) connection.Write(Command("SUBSCRIBE", channel));
    }

    /// <summary>Hands on a pushed <c>message</c> (channel, payload) or <c>pmessage</c> (pattern, channel, payload).</summary>
    public void Publish(RespReply push)
    {
        var isPattern = push.Items.Length == 4;
        var subscribed = new RedisChannel((byte[])push.Items[1].Value!, isPattern ? RedisChannel.PatternMode.Pattern : RedisChannel.PatternMode.Literal);
        var channel = isPattern ? RedisChannel.Literal((byte[])push.Items[2].Value!) : subscribed;
        lock (_lock)
        {
            if (_channels.TryGetValue(subscribed, out var listeners))
                listeners.Publish(new ChannelMessage(subscribed, channel, push.Items[^1].Value));
        }
    }

    public void Complete()
    {
        lock (_lock)
        {
            foreach (var listeners in _channels.Values) listeners.Remove(null);
            _channels.Clear();
        }
    }

    private static Message<bool> Command(string command, RedisChannel channel) =>
        new(-1, channel.IsPattern ? "P" + command : command, [channel.Value], ReplyReaders.Any);

    private sealed class Listeners
    {
        private readonly List<object> _listeners = [];

        public bool IsEmpty => _listeners.Count == 0;

        public void Add(object listener) => _listeners.Add(listener);

        public void Remove(object? listener)
        {
            foreach (var removed in _listeners.Where(each => listener is null || each.Equals(listener)).ToArray())
            {
                _listeners.Remove(removed);
                (removed as ChannelMessageQueue)?.Complete();
            }
        }

        public void Publish(ChannelMessage message)
        {
            foreach (var listener in _listeners)
            {
                if (listener is ChannelMessageQueue queue) queue.Write(message);
                else ThreadPool.UnsafeQueueUserWorkItem(_ => Call((Action<RedisChannel, RedisValue>)listener, message), null);
            }
        }

        private static void Call(Action<RedisChannel, RedisValue> handler, ChannelMessage message)
        {
            try
            {
                handler(message.Channel, message.Message);
            }
            catch (Exception)
            {
                // A handler that fails must not take the process down.
            }
        }
    }
}
