using System.Collections.Frozen;

namespace Loomflow;

/// <summary>A compiled definition: immutable, without any state of a run, shared by any number of runs.</summary>
internal sealed class Graph
{
    public required string Name { get; init; }

    public required Node[] Nodes { get; init; }

    /// <summary>All edges, by index. Edges from outside are the ways in; edges to outside end the run.</summary>
    public required Edge[] Edges { get; init; }

    /// <summary>The ways in when there is no entry router.</summary>
    public required Edge[] Entry { get; init; }

    public Router? EntryRouter { get; init; }

    public required FrozenDictionary<string, Node> BySegment { get; init; }

    public required WorkflowOptions Options { get; init; }

    public required Type InputType { get; init; }

    /// <summary>The names, kinds, edges and caps, hashed: what a run is pinned to.</summary>
    public required string Hash { get; init; }

    /// <summary>How what reached the end becomes the output.</summary>
    public required InputBinding Output { get; init; }

    /// <summary>The type of what travels on an edge: on a failure edge the <see cref="Failure"/> where the target takes one, else the input of what failed.</summary>
    public Type TypeOn(Edge edge) => edge switch
    {
        { Source: Edge.Outside } or { CarriesRunInput: true } => InputType,
        { IsFailure: true } => CarriesFailure(edge) ? typeof(Failure) : Nodes[edge.Source].Step.InputType,
        _ => Nodes[edge.Source].Step.OutputType,
    };

    public bool CarriesFailure(Edge edge) =>
        edge is { IsFailure: true, Target: not Edge.Outside } && Nodes[edge.Target].Step.InputType == typeof(Failure);
}
