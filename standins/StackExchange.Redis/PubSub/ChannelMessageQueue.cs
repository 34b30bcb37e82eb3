using System.Threading.Channels;

namespace StackExchange.Redis;

/// <summary>The messages of one subscription, in the order in which they were published.</summary>
public sealed class ChannelMessageQueue : IAsyncEnumerable<ChannelMessage>
{
    private readonly Channel<ChannelMessage> _messages =
        System.Threading.Channels.Channel.CreateUnbounded<ChannelMessage>(new UnboundedChannelOptions { SingleWriter = true });

    private readonly Subscriptions _subscriptions;
    private int _handled;

    internal ChannelMessageQueue(RedisChannel channel, Subscriptions subscriptions)
    {
        Channel = channel;
        _subscriptions = subscriptions;
    }

    public RedisChannel Channel { get; }

    /// <summary>Ends when the subscription has, and all its messages are read.</summary>
    public Task Completion => _messages.Reader.Completion;

    public bool TryRead(out ChannelMessage item) => _messages.Reader.TryRead(out item);

    public bool TryGetCount(out int count)
    {
        count = _messages.Reader.CanCount ? _messages.Reader.Count : 0;
        return _messages.Reader.CanCount;
    }

    public ValueTask<ChannelMessage> ReadAsync(CancellationToken cancellationToken = default) => _messages.Reader.ReadAsync(cancellationToken);

    public IAsyncEnumerator<ChannelMessage> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        _messages.Reader.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    public void OnMessage(Action<ChannelMessage> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        OnMessage(message =>
        {
            handler(message);
            return Task.CompletedTask;
        });
    }

    public void OnMessage(Func<ChannelMessage, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (Interlocked.Exchange(ref _handled, 1) != 0) throw new InvalidOperationException("Only a single OnMessage is allowed");
        _ = Task.Run(async () =>
        {
            await foreach (var message in _messages.Reader.ReadAllAsync())
            {
                try
                {
                    await handler(message);
                }
                catch (Exception)
                {
                    // One message that a handler fails on must not end the subscription.
                }
            }
        });
    }

    public void Unsubscribe(CommandFlags flags = CommandFlags.None) => Task.Run(() => UnsubscribeAsync(flags)).GetAwaiter().GetResult();

    public Task UnsubscribeAsync(CommandFlags flags = CommandFlags.None) => _subscriptions.RemoveAsync(Channel, this, flags);

    public override string? ToString() => Channel.ToString();

    internal void Write(in ChannelMessage message) => _messages.Writer.TryWrite(message);

    internal void Complete() => _messages.Writer.TryComplete();
}
