using Loomflow.Redis.Memory;
using Loomflow.Tests.Memory;
using Microsoft.Extensions.AI;

namespace Loomflow.Redis.Tests.Memory;

/// <summary>The suite of all stores, over a store in Redis: each opening is one more process's.</summary>
public abstract class RedisMemoryConformance(MemoryRedis redis) : MemoryConformance, IDisposable
{
    private readonly List<RedisMemory> _opened = [];

    protected MemoryRedis Redis => redis;

    protected string Prefix { get; } = $"test:{Guid.NewGuid():n}";

    protected override IMemory Open(MemoryOptions? options = null, IEmbeddingGenerator<string, Embedding<float>>? embedder = null) =>
        Open(new RedisMemoryOptions { Bounds = options ?? new MemoryOptions() }, embedder);

    protected RedisMemory Open(RedisMemoryOptions options, IEmbeddingGenerator<string, Embedding<float>>? embedder = null)
    {
        var memory = new RedisMemory(redis.Connection, options with { KeyPrefix = Prefix }, embedder, Time);
        _opened.Add(memory);
        return memory;
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (var memory in _opened) memory.Dispose();
    }
}
