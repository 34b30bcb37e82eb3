namespace Loomflow.Redis.Workers;

/// <summary>One replica of a worker service, as it announces itself.</summary>
public sealed record WorkerReplica
{
    /// <summary>Names this process, and no other one at any time.</summary>
    public required string Id { get; init; }

    /// <summary>Where it takes gRPC calls, as orchestrators reach it.</summary>
    public required Uri Address { get; init; }

    /// <summary>The version of the service.</summary>
    public string Version { get; init; } = "";

    /// <summary>How many executions it takes at the same time.</summary>
    public required int Capacity { get; init; }

    /// <summary>How many it had at its last heartbeat.</summary>
    public int Load { get; init; }

    /// <summary>The names of the agents and steps that it hosts.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }
}
