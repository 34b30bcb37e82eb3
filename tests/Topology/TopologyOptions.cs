using Loomflow.Testing;

namespace Loomflow.Aspire.EndToEnd;

/// <summary>What to start.</summary>
public sealed record TopologyOptions
{
    public int Orchestrators { get; init; } = 1;

    public int Workers { get; init; } = 1;

    /// <summary>Whether orchestrators and workers have the workflows and steps of the workload instead of the samples.</summary>
    public bool Workload { get; init; }

    /// <summary>Whether orchestrators reach workers over wires that can be cut.</summary>
    public bool Wires { get; init; }

    /// <summary>Whether workers reach orchestrators over one wire that leads to any of them, as a load balancer does.</summary>
    public bool FrontDoor { get; init; }

    /// <summary>Further settings of one of the orchestrators, by its index.</summary>
    public Func<RedisServer, int, IReadOnlyDictionary<string, string>>? OfOrchestrator { get; init; }

    /// <summary>Where telemetry goes, over OTLP/HTTP; nowhere unless given.</summary>
    public string? Collector { get; init; }

    /// <summary>Whose certificates the services show each other over gRPC, as servers and as callers; no TLS unless given.</summary>
    public CertificateAuthority? Certificates { get; init; }

    /// <summary>Is told every line that a service prints.</summary>
    public Action<string>? Printed { get; init; }

    /// <summary>Further settings of all services.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
