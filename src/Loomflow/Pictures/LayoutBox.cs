namespace Loomflow;

/// <summary>How much room a box takes, in pixels.</summary>
internal readonly record struct LayoutBox(double Width, double Height);
