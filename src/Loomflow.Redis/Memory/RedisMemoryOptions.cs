namespace Loomflow.Redis.Memory;

/// <summary>How memory is kept in Redis.</summary>
public sealed record RedisMemoryOptions
{
    /// <summary>Bounds and retention. Give every process the same.</summary>
    public MemoryOptions Bounds { get; init; } = new();

    /// <summary>What all keys begin with. Stores of different prefixes know nothing of each other. <c>loom:mem</c>.</summary>
    public string KeyPrefix { get; init; } = "loom:mem";

    /// <summary>
    /// Whether the search module is used where the server has it. Without it, and always together with
    /// <see cref="MemoryOptions.IdleRetention"/> (the module's documents cannot expire together), recall uses an index in this process. On.
    /// </summary>
    public bool UseSearchModule { get; init; } = true;

    /// <summary>
    /// Memory for the indexes of users that are kept in this process, in bytes; the index of a user with 10,000 episodes takes about 15 MB. Those not used for
    /// longest make room, and are read from Redis again when they are needed. 256 MB.
    /// </summary>
    public long IndexCacheBytes { get; init; } = 256L << 20;

    /// <summary>After how long without use an index is dropped from this process. 15 minutes.</summary>
    public TimeSpan IndexCacheIdle { get; init; } = TimeSpan.FromMinutes(15);

    internal RedisMemoryOptions Validated()
    {
        Bounds.Validated();
        ArgumentException.ThrowIfNullOrEmpty(KeyPrefix);
        if (KeyPrefix.AsSpan().ContainsAny("{}"))
        {
            throw new ArgumentException($"The key prefix '{KeyPrefix}' has a brace: braces mark the partition, which is the hash tag.", nameof(KeyPrefix));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(IndexCacheBytes);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(IndexCacheIdle, TimeSpan.Zero);
        return this;
    }
}
