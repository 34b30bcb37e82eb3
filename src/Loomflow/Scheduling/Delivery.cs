namespace Loomflow;

/// <summary>A value that has arrived at a node and waits for the node to begin.</summary>
/// <param name="Edge">The edge on which it came.</param>
/// <param name="Value">The value.</param>
/// <param name="Failed">Whether the value is the source's <see cref="Failure"/> instead of its output.</param>
internal readonly record struct Delivery(Edge Edge, Payload Value, bool Failed);
