using Loomflow.Redis.Budgets;
using StackExchange.Redis;

namespace Loomflow.Redis.Tests.Budgets;

public class OutageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RideOut_WhileRedisReadsItsDataAfterAStart_TriesAgain()
    {
        var calls = 0;

        var answer = await Outage.RideOutAsync(
            () => ++calls < 3 ? Task.FromException<int>(new RedisServerException("LOADING Redis is loading the dataset in memory")) : Task.FromResult(5),
            TimeProvider.System,
            Cancelled);

        answer.ShouldBe(5);
        calls.ShouldBe(3);
    }

    [Fact]
    public async Task RideOut_OfWhatRedisRefuses_FailsAtOnce()
    {
        var calls = 0;

        var refused = await Should.ThrowAsync<RedisServerException>(
            () => Outage.RideOutAsync<int>(
                () =>
                {
                    calls++;
                    throw new RedisServerException("WRONGTYPE Operation against a key holding the wrong kind of value");
                },
                TimeProvider.System,
                Cancelled));

        RedisAway.Is(refused).ShouldBeFalse();
        calls.ShouldBe(1);
    }
}
