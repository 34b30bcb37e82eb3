namespace Loomflow;

/// <summary>A box, or a point of an edge, with its place: X and Y are the middle.</summary>
internal sealed class LayoutItem(double width, double height, double? right = null)
{
    public double Width { get; } = width;

    public double Height { get; } = height;

    public double Left { get; } = width / 2;

    /// <summary>More than half the width where a loop hangs on the side.</summary>
    public double Right { get; } = right ?? (width / 2);

    public bool IsPoint { get; init; }

    public int Layer { get; set; }

    public int Order { get; set; }

    public double Key { get; set; }

    public double X { get; set; }

    public double Y { get; set; }

    /// <summary>Where its layer begins and ends.</summary>
    public double Top { get; set; }

    public double Bottom { get; set; }

    public List<LayoutItem> Up { get; } = [];

    public List<LayoutItem> Down { get; } = [];
}
