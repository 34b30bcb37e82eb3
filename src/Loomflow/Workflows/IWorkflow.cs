namespace Loomflow;

/// <summary>A workflow whatever its types: what hosts, registries and pictures work with.</summary>
public interface IWorkflow
{
    /// <summary>The workflow's name.</summary>
    string Name { get; }

    /// <summary>The type that a run takes.</summary>
    Type InputType { get; }

    /// <summary>The type that a run gives.</summary>
    Type OutputType { get; }

    /// <summary>The content hash of the definition, 64 hex digits: what a run is pinned to.</summary>
    string DefinitionHash { get; }

    /// <summary>Caps, and what nested agents and workflows inherit.</summary>
    WorkflowOptions Options { get; }

    /// <summary>The names of the nodes, in order of declaration.</summary>
    IReadOnlyList<string> NodeNames { get; }

    internal Graph Graph { get; }

    /// <summary>Runs the workflow in this process and gives its result.</summary>
    Task<WorkflowResult> RunAsync(Payload input, RunOptions? options = null, CancellationToken cancellationToken = default);
}
