using Loomflow.Redis.Budgets;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>Registers what is shared by users' runs in Redis.</summary>
public static class RedisMemoryExtensions
{
    private const string SectionName = "Memory";

    /// <summary>
    /// Registers <see cref="IMemory"/> in Redis with the settings in the section <c>Memory</c>, a health check that says how recall works, and
    /// <see cref="IBudgetLedger"/> and <see cref="IRateLimiter"/> for all replicas. Needs <see cref="IConnectionMultiplexer"/>, for example from
    /// <c>AddRedisClient</c>. Where an <see cref="IFactExtractor"/> is registered, facts are learnt in the background; where an
    /// <see cref="IEmbeddingGenerator{String, Embedding}"/> is, it makes the vectors.
    /// </summary>
    public static IHostApplicationBuilder AddRedisMemory(this IHostApplicationBuilder builder, Func<RedisMemoryOptions, RedisMemoryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.Configuration.GetSection(SectionName).Get<RedisMemoryOptions>() ?? new RedisMemoryOptions();
        builder.Services.AddRedisMemory(configure is null ? options : configure(options));
        return builder;
    }

    /// <summary>As the other, with the settings given.</summary>
    public static IServiceCollection AddRedisMemory(this IServiceCollection services, RedisMemoryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var validated = (options ?? new RedisMemoryOptions()).Validated();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new RedisMemory(
            provider.GetRequiredService<IConnectionMultiplexer>(),
            validated,
            provider.GetService<IEmbeddingGenerator<string, Embedding<float>>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RedisMemory>>()));
        services.TryAddSingleton<IMemory>(provider =>
        {
            var memory = provider.GetRequiredService<RedisMemory>();
            return provider.GetService<IFactExtractor>() is not { } extractor ? memory : new FactExtractingMemory(
                memory,
                extractor,
                provider.GetService<FactExtractionOptions>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<FactExtractingMemory>>());
        });
        services.TryAddSingleton<IBudgetLedger>(provider => new RedisBudgetLedger(
            provider.GetRequiredService<IConnectionMultiplexer>(), time: provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IRateLimiter>(provider => new RedisRateLimiter(provider.GetRequiredService<IConnectionMultiplexer>()));
        services.AddHealthChecks().AddCheck<RedisMemoryHealthCheck>("memory");
        return services;
    }
}
