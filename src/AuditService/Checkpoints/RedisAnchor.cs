using StackExchange.Redis;

namespace Loomflow.Aspire.AuditService.Checkpoints;

/// <summary>The newest checkpoint in Redis.</summary>
internal sealed class RedisAnchor(IConnectionMultiplexer redis) : ICheckpointAnchor
{
    public string Name => "the checkpoint in Redis";

    public Task PublishAsync(string origin, string note, CancellationToken cancellationToken) =>
        redis.GetDatabase().StringSetAsync(Key(origin), note + "\n").WaitAsync(cancellationToken);

    public async Task<string> ReadAsync(string origin, CancellationToken cancellationToken) =>
        (string?)await redis.GetDatabase().StringGetAsync(Key(origin)).WaitAsync(cancellationToken) ?? "";

    private static RedisKey Key(string origin) => $"{origin}/checkpoint";
}
