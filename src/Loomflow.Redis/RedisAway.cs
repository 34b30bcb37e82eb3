using StackExchange.Redis;

namespace Loomflow.Redis;

/// <summary>When a call failed because Redis is not there right now, rather than because of what was asked of it.</summary>
public static class RedisAway
{
    /// <summary>
    /// Whether Redis did not answer, or answered that it is still reading its data after a start. In the first case it may have carried the
    /// call out all the same, in the second it has not.
    /// </summary>
    public static bool Is(Exception failure) => failure is RedisConnectionException or RedisTimeoutException || IsLoading(failure);

    /// <summary>Whether Redis answered that it is still reading its data. A client can be let through to it before it has.</summary>
    public static bool IsLoading(Exception? failure) => failure is RedisServerException { Message: var said } && said.StartsWith("LOADING", StringComparison.Ordinal);
}
