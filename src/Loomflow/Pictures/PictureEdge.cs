namespace Loomflow;

/// <summary>An arrow from one box to another, both by their index.</summary>
internal sealed record PictureEdge(int Source, int Target, string? Label, PictureEdgeKind Kind);
