using StackExchange.Redis;

namespace Redis.Tests;

public sealed class Resp2SmokeTests(RedisFixture fixture) : SmokeTests(fixture, RedisProtocol.Resp2);

public sealed class Resp3SmokeTests(RedisFixture fixture) : SmokeTests(fixture, RedisProtocol.Resp3);

public abstract class SmokeTests(RedisFixture fixture, RedisProtocol protocol) : DataTests(fixture, protocol)
{
    [Fact]
    public async Task Ping_RunningServer_Answers()
    {
        (await Database.PingAsync()).ShouldBeGreaterThan(TimeSpan.Zero);
        Connection.IsConnected.ShouldBeTrue();
        Connection.GetServers().Single().Protocol.ShouldBe(Protocol);
        Connection.GetServers().Single().Version.Major.ShouldBeGreaterThanOrEqualTo(6);
    }

    [Fact]
    public async Task Commands_ThousandsOfCallersAtOnce_EachGetsItsOwnReply()
    {
        var key = NewKey();
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 2_000, CancellationToken = Cancellation }, async (number, _) =>
        {
            await Database.StringSetAsync(key.Append($":{number}"), number);
            ((int)await Database.StringGetAsync(key.Append($":{number}"))).ShouldBe(number);
        });
    }

    [Fact]
    public async Task Increment_PipelinedByOneCaller_RepliesComeInTheOrderOfTheCommands()
    {
        var key = NewKey();
        var replies = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => Database.StringIncrementAsync(key)));
        replies.ShouldBe(Enumerable.Range(1, 10_000).Select(number => (long)number));
    }
}
