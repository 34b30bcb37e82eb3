using System.Collections.Concurrent;

namespace Loomflow;

/// <summary>Keeps users to a rate in this process alone.</summary>
/// <param name="time">The clock.</param>
public sealed class InMemoryRateLimiter(TimeProvider? time = null) : IRateLimiter
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<(PartitionKey Partition, string Name), DateTimeOffset> _full = new();
    private long _calls;

    /// <inheritdoc />
    public ValueTask<RateLimitDecision> AcquireAsync(PartitionKey partition, RateLimit limit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(limit);
        limit.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Increment(ref _calls) % 1_000 == 0) DropFull();

        // The generic cell rate algorithm: what is kept of a bucket is when it will be full again.
        var now = _time.GetUtcNow();
        while (true)
        {
            var hasKept = _full.TryGetValue((partition, limit.Name), out var kept);
            var full = hasKept && kept > now ? kept : now;
            var next = full + limit.Interval;
            var wait = next - now - limit.Interval * limit.Burst;
            if (wait > TimeSpan.Zero) return ValueTask.FromResult(new RateLimitDecision(false, wait));
            var written = hasKept ? _full.TryUpdate((partition, limit.Name), next, kept) : _full.TryAdd((partition, limit.Name), next);
            if (written) return ValueTask.FromResult(new RateLimitDecision(true, TimeSpan.Zero));
        }
    }

    private void DropFull()
    {
        var now = _time.GetUtcNow();
        foreach (var entry in _full)
        {
            if (entry.Value <= now) _full.TryRemove(entry);
        }
    }
}
