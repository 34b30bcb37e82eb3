using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Loomflow.Redis.Budgets;

/// <summary>Registers what counts for users in Redis.</summary>
public static class RedisLimitsExtensions
{
    private const string SectionName = "UserLimits";

    /// <summary>
    /// Registers <see cref="IBudgetLedger"/> and <see cref="IRateLimiter"/> for all replicas together, and the limits in the section <c>UserLimits</c>
    /// for every agent of this host. Needs <see cref="IConnectionMultiplexer"/>, for example from <c>AddRedisClient</c>.
    /// </summary>
    public static IHostApplicationBuilder AddRedisLimits(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IBudgetLedger>(provider => new RedisBudgetLedger(
            provider.GetRequiredService<IConnectionMultiplexer>(), time: provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IRateLimiter>(provider => new RedisRateLimiter(provider.GetRequiredService<IConnectionMultiplexer>()));
        var section = builder.Configuration.GetSection(SectionName);
        services.TryAddSingleton(new UserLimits
        {
            Budget = section.GetSection(nameof(UserLimits.Budget)).Get<UserBudget>()?.Validated(),
            Rate = section.GetSection(nameof(UserLimits.Rate)) is { } rate && rate.Exists()
                ? new RateLimit("model_calls", rate.GetValue<double>(nameof(RateLimit.PerSecond)), rate.GetValue(nameof(RateLimit.Burst), 1)).Validated()
                : null,
        });
        return builder;
    }
}
