namespace Loomflow;

/// <summary>When the way is taken.</summary>
internal enum PictureEdgeKind
{
    Plain,
    Fallback,
    Failure,
}
