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

    /// <summary>Makes the output from all that reached the end, where that is not the usual rule.</summary>
    public Func<object?[], object?>? Collect { get; init; }

    /// <summary>The type of what travels on an edge.</summary>
    public Type TypeOn(Edge edge) =>
        edge.Source == Edge.Outside || edge.CarriesRunInput ? InputType : Nodes[edge.Source].Step.OutputType;
}
