namespace Loomflow;

/// <summary>A step whose nodes are scheduled as part of the same run.</summary>
internal interface INestedWorkflow
{
    /// <summary>The graph for one input. Must be the same for the same input, in every process.</summary>
    Graph Expand(Payload input);
}
