using System.Globalization;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>Working blocks in Redis.</summary>
internal sealed class RedisBlocks(MemoryDatabase database, MemoryOptions options, TimeProvider time)
{
    public async Task<IReadOnlyList<MemoryBlock>> ReadAllAsync(MemoryKeys keys, CancellationToken cancellationToken)
    {
        var entries = await database.CallAsync(redis => redis.HashGetAllAsync(keys.Blocks), cancellationToken);
        return [.. entries.Select(Read).OrderBy(entry => entry.Ordinal).Select(entry => entry.Block)];
    }

    public async Task<bool> WriteAsync(MemoryKeys keys, string name, string content, bool append, CancellationToken cancellationToken)
    {
        var refusal = (string?)await database.RunAsync(
            MemoryScripts.SetBlock, keys, cancellationToken,
            name, content, MemoryTime.Milliseconds(time.GetUtcNow()), append ? 1 : 0, options.MaxBlocks, options.MaxBlockLength);
        return refusal switch
        {
            null => true,
            "count" => throw MemoryLimits.TooManyBlocks(name, options.MaxBlocks),
            _ => throw MemoryLimits.BlockTooLong(name, options.MaxBlockLength),
        };
    }

    public async Task<bool> RemoveAsync(MemoryKeys keys, string name, CancellationToken cancellationToken) =>
        (int)await database.RunAsync(MemoryScripts.RemoveBlock, keys, cancellationToken, name) == 1;

    public async Task<int> ForgetAsync(MemoryKeys keys, DateTimeOffset before, CancellationToken cancellationToken) =>
        (int)await database.RunAsync(MemoryScripts.ForgetBlocks, keys, cancellationToken, MemoryTime.Milliseconds(before));

    private static (long Ordinal, MemoryBlock Block) Read(HashEntry entry)
    {
        var parts = ((string)entry.Value!).Split('\n', 3);
        var updated = MemoryTime.FromMilliseconds(long.Parse(parts[1], CultureInfo.InvariantCulture));
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), new MemoryBlock((string)entry.Name!, parts[2], updated));
    }
}
