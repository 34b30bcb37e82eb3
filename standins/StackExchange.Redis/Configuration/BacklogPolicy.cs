namespace StackExchange.Redis;

/// <summary>What becomes of commands that are given while there is no connection.</summary>
public sealed class BacklogPolicy
{
    /// <summary>They fail at once.</summary>
    public static BacklogPolicy FailFast { get; } = new() { QueueWhileDisconnected = false, AbortPendingOnConnectionFailure = true };

    /// <summary>They wait for the connection, up to their timeout.</summary>
    public static BacklogPolicy Default { get; } = new() { QueueWhileDisconnected = true, AbortPendingOnConnectionFailure = false };

    public bool QueueWhileDisconnected { get; init; }

    public bool AbortPendingOnConnectionFailure { get; init; }
}
