using Loomflow.Security;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>Registers memory in Redis.</summary>
public static class RedisMemoryExtensions
{
    private const string SectionName = "Memory";
    private const string NamedSectionName = "Memories";
    private const string Extraction = "Extraction";

    /// <summary>
    /// Registers <see cref="IMemory"/> in Redis with the settings in the section <c>Memory</c>, and one more for each section below <c>Memories</c>,
    /// under its name (see <see cref="SharedMemory"/>), each with a health check that says how recall works. Needs <see cref="IConnectionMultiplexer"/>,
    /// for example from <c>AddRedisClient</c>. Where an <see cref="IFactExtractor"/> is registered, facts are learnt in the background, as
    /// <c>Memory:Extraction</c> says, and what waits is worked off when the host stops; where an <see cref="IEmbeddingGenerator{String, Embedding}"/>
    /// is, it makes the vectors; where a <see cref="SecretScrubber"/> is, what it finds is not kept.
    /// </summary>
    public static IHostApplicationBuilder AddRedisMemory(this IHostApplicationBuilder builder, Func<RedisMemoryOptions, RedisMemoryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.Configuration.GetSection(SectionName).Get<RedisMemoryOptions>() ?? new RedisMemoryOptions();
        if (builder.Configuration.GetSection($"{SectionName}:{Extraction}").Get<FactExtractionOptions>() is { } extraction) builder.Services.TryAddSingleton(extraction.Validated());
        builder.Services.AddRedisMemory(configure is null ? options : configure(options));
        foreach (var section in builder.Configuration.GetSection(NamedSectionName).GetChildren())
        {
            var named = section.Get<RedisMemoryOptions>() ?? new RedisMemoryOptions();
            builder.Services.AddRedisMemory(section.Key, section[nameof(RedisMemoryOptions.KeyPrefix)] is null ? named with { KeyPrefix = $"loom:mem:{section.Key}" } : named);
        }

        return builder;
    }

    /// <summary>As the other, with the settings given and without named memories.</summary>
    public static IServiceCollection AddRedisMemory(this IServiceCollection services, RedisMemoryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var validated = (options ?? new RedisMemoryOptions()).Validated();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<FactExtractionDrain>();
        services.AddHostedService(provider => provider.GetRequiredService<FactExtractionDrain>());
        services.TryAddSingleton(provider => Open(provider, validated));
        services.TryAddSingleton(provider => Guarded(provider, Learning(provider, provider.GetRequiredService<RedisMemory>())));
        services.AddHealthChecks().Add(Health("memory", provider => (provider.GetRequiredService<RedisMemory>(), provider.GetRequiredService<IMemory>())));
        return services;
    }

    /// <summary>Registers a memory under a name, in every process that works for runs that use it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">What <see cref="SharedMemory.Named"/> is given.</param>
    /// <param name="options">Its settings. A key prefix of its own keeps it apart from other memories.</param>
    public static IServiceCollection AddRedisMemory(this IServiceCollection services, string name, RedisMemoryOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(options);
        var validated = options.Validated();
        services.TryAddKeyedSingleton(name, (provider, _) => Open(provider, validated));
        services.TryAddKeyedSingleton(name, (provider, _) => Guarded(provider, Learning(provider, provider.GetRequiredKeyedService<RedisMemory>(name))));
        services.AddHealthChecks().Add(Health($"memory:{name}", provider => (provider.GetRequiredKeyedService<RedisMemory>(name), provider.GetRequiredKeyedService<IMemory>(name))));
        return services;
    }

    private static RedisMemory Open(IServiceProvider provider, RedisMemoryOptions options) => new(
        provider.GetRequiredService<IConnectionMultiplexer>(),
        options,
        provider.GetService<IEmbeddingGenerator<string, Embedding<float>>>(),
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILogger<RedisMemory>>());

    private static IMemory Learning(IServiceProvider provider, RedisMemory memory)
    {
        if (provider.GetService<IFactExtractor>() is not { } extractor) return memory;
        return provider.GetRequiredService<FactExtractionDrain>().Watch(new FactExtractingMemory(
            memory,
            extractor,
            provider.GetService<FactExtractionOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<FactExtractingMemory>>()));
    }

    // Outermost: who extracts facts sees no secret either.
    private static IMemory Guarded(IServiceProvider provider, IMemory memory) =>
        provider.GetService<SecretScrubber>() is { } scrubber ? new ScrubbedMemory(memory, scrubber) : memory;

    private static HealthCheckRegistration Health(string name, Func<IServiceProvider, (RedisMemory Store, IMemory Memory)> memory) => new(
        name,
        provider =>
        {
            var (store, seen) = memory(provider);
            return new RedisMemoryHealthCheck(store, (seen is ScrubbedMemory guarded ? guarded.Scrubbed : seen) as FactExtractingMemory);
        },
        failureStatus: null,
        tags: null);
}
