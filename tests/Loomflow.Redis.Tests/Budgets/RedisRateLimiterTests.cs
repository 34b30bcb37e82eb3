using Loomflow.Redis.Budgets;
using Loomflow.Redis.Tests.Memory;

namespace Loomflow.Redis.Tests.Budgets;

public class RedisRateLimiterTests(MemoryRedis redis) : IClassFixture<MemoryRedis>
{
    private readonly string _prefix = $"test:{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Acquire_ByManyReplicasAtOnce_GrantsTheBurstOnceForAll()
    {
        var limit = new RateLimit("models", PerSecond: 0.001, Burst: 5);
        var replicas = Enumerable.Range(0, 4).Select(_ => new RedisRateLimiter(redis.Connection, _prefix)).ToArray();

        var decisions = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => replicas[i % 4].AcquireAsync(PartitionKey.Named("alice"), limit, Cancellation).AsTask()));

        decisions.Count(decision => decision.Granted).ShouldBe(5);
        decisions.Where(decision => !decision.Granted).ShouldAllBe(decision => decision.RetryAfter > TimeSpan.FromSeconds(900) && decision.RetryAfter <= TimeSpan.FromSeconds(1_000));
        (await replicas[0].AcquireAsync(PartitionKey.Anonymous, limit, Cancellation)).Granted.ShouldBeTrue();
        (await replicas[0].AcquireAsync(PartitionKey.Named("alice"), limit with { Name = "tools:" }, Cancellation)).Granted.ShouldBeTrue();
    }

    [Fact]
    public async Task Acquire_AfterRetryAfter_IsGranted()
    {
        var limiter = new RedisRateLimiter(redis.Connection, _prefix);
        var limit = new RateLimit("models", PerSecond: 20);
        (await limiter.AcquireAsync(PartitionKey.Anonymous, limit, Cancellation)).Granted.ShouldBeTrue();
        var decision = await limiter.AcquireAsync(PartitionKey.Anonymous, limit, Cancellation);

        // A slow machine may have let the 50 ms pass by itself.
        if (!decision.Granted) decision.RetryAfter.ShouldBeInRange(TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(50));
        await Task.Delay(decision.RetryAfter + TimeSpan.FromMilliseconds(50), Cancellation);
        (await limiter.AcquireAsync(PartitionKey.Anonymous, limit, Cancellation)).Granted.ShouldBeTrue();

        // It is gone when its bucket is full again: looked at until a look comes in time.
        TimeSpan? left = null;
        while (left is null)
        {
            await limiter.AcquireAsync(PartitionKey.Anonymous, limit, Cancellation);
            left = await redis.Connection.GetDatabase().KeyTimeToLiveAsync($"{_prefix}:{{a}}:models");
        }

        left.Value.ShouldBeLessThan(TimeSpan.FromSeconds(3));
    }
}
