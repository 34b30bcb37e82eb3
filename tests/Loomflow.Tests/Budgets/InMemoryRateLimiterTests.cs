using Loomflow.Testing;

namespace Loomflow.Tests.Budgets;

public class InMemoryRateLimiterTests
{
    private static readonly PartitionKey s_alice = PartitionKey.Named("alice");
    private readonly ManualTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Acquire_AfterTheBurst_IsRefusedUntilThereIsOneMore()
    {
        var limiter = new InMemoryRateLimiter(_time);
        var limit = new RateLimit("models", PerSecond: 2, Burst: 3);
        for (var i = 0; i < 3; i++) (await limiter.AcquireAsync(s_alice, limit, Cancellation)).ShouldBe(new RateLimitDecision(true, TimeSpan.Zero));

        (await limiter.AcquireAsync(s_alice, limit, Cancellation)).ShouldBe(new RateLimitDecision(false, TimeSpan.FromMilliseconds(500)));
        (await limiter.AcquireAsync(PartitionKey.Anonymous, limit, Cancellation)).Granted.ShouldBeTrue();
        (await limiter.AcquireAsync(s_alice, limit with { Name = "tools" }, Cancellation)).Granted.ShouldBeTrue();
        _time.Advance(TimeSpan.FromMilliseconds(500));
        (await limiter.AcquireAsync(s_alice, limit, Cancellation)).Granted.ShouldBeTrue();
        (await limiter.AcquireAsync(s_alice, limit, Cancellation)).Granted.ShouldBeFalse();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, 0)]
    public async Task Acquire_SenselessLimit_IsRefused(double perSecond, int burst) =>
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () =>
            await new InMemoryRateLimiter(_time).AcquireAsync(s_alice, new RateLimit("models", perSecond, burst), Cancellation));
}
