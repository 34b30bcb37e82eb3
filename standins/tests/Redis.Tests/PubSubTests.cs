using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Redis.Tests;

public sealed class Resp2PubSubTests(RedisFixture fixture) : PubSubTests(fixture, RedisProtocol.Resp2);

public sealed class Resp3PubSubTests(RedisFixture fixture) : PubSubTests(fixture, RedisProtocol.Resp3);

public abstract class PubSubTests(RedisFixture fixture, RedisProtocol protocol) : DataTests(fixture, protocol)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Queue_GetsMessagesInOrder()
    {
        var channel = RedisChannel.Literal((string)NewKey("channel")!);
        var queue = await Connection.GetSubscriber().SubscribeAsync(channel);
        for (var number = 0; number < 500; number++) (await Connection.GetSubscriber().PublishAsync(channel, number)).ShouldBe(1);
        for (var number = 0; number < 500; number++)
        {
            var message = await queue.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation);
            message.Message.ShouldBe(number);
            message.Channel.ShouldBe(channel);
        }

        await queue.UnsubscribeAsync();
        await queue.Completion.WaitAsync(s_patience, Cancellation);
        (await Connection.GetSubscriber().PublishAsync(channel, "nobody")).ShouldBe(0);
    }

    [Fact]
    public async Task Pattern_NamesTheChannelThatMatched()
    {
        var name = (string)NewKey("wake")!;
        var queue = await Connection.GetSubscriber().SubscribeAsync(RedisChannel.Pattern(name.Replace("{", "[{]", StringComparison.Ordinal) + ":*"));
        await Database.PublishAsync(RedisChannel.Literal(name + ":w1"), "go");
        var message = await queue.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation);
        ((string?)message.Channel).ShouldBe(name + ":w1");
        message.SubscriptionChannel.IsPattern.ShouldBeTrue();
        await queue.UnsubscribeAsync();
    }

    [Fact]
    public async Task Handlers_AllOfAChannel_AreCalledAndOneThatThrowsHarmsNobody()
    {
        var channel = RedisChannel.Literal((string)NewKey("channel")!);
        var subscriber = Connection.GetSubscriber();
        var seen = new ConcurrentBag<RedisValue>();
        var both = new CountdownEvent(2);
        Action<RedisChannel, RedisValue> first = (_, value) => Record(value);
        await subscriber.SubscribeAsync(channel, first);
        await subscriber.SubscribeAsync(channel, (_, _) => throw new InvalidOperationException("a careless handler"));
        await subscriber.SubscribeAsync(channel, (_, value) => Record(value));
        await subscriber.PublishAsync(channel, "x");
        both.Wait(s_patience, Cancellation).ShouldBeTrue();
        seen.ShouldBe(["x", "x"]);
        await subscriber.UnsubscribeAsync(channel);
        (await subscriber.PublishAsync(channel, "y")).ShouldBe(0);

        void Record(RedisValue value)
        {
            seen.Add(value);
            both.Signal();
        }
    }
}
