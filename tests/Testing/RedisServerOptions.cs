namespace Loomflow.Testing;

public sealed record RedisServerOptions
{
    /// <summary>Log every write and sync it before it is answered, so that a killed server comes back with all of it.</summary>
    public bool AppendOnly { get; init; }

    public string? Password { get; init; }

    /// <summary>Further arguments of redis-server, such as <c>--tls-port</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}
