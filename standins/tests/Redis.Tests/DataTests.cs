using StackExchange.Redis;

namespace Redis.Tests;

/// <summary>What holds with either protocol runs with both.</summary>
public abstract class DataTests(RedisFixture fixture, RedisProtocol protocol)
{
    private int _keys;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected RedisProtocol Protocol { get; } = protocol;

    protected ConnectionMultiplexer Connection { get; } = fixture.Connection(protocol);

    protected IDatabase Database => Connection.GetDatabase();

    /// <summary>A key that no other test has.</summary>
    protected RedisKey NewKey(string name = "key") => $"{{{Guid.NewGuid():N}}}:{name}:{_keys++}";
}
