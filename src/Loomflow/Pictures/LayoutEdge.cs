namespace Loomflow;

/// <summary>An edge between two boxes and the way that it takes.</summary>
internal sealed class LayoutEdge(int from, int to, double labelWidth)
{
    public int From { get; } = from;

    public int To { get; } = to;

    public double LabelWidth { get; } = labelWidth;

    public bool IsLoop => From == To;

    /// <summary>Whether it leads upwards.</summary>
    public bool IsBack { get; set; }

    public int Upper => IsBack ? To : From;

    public int Lower => IsBack ? From : To;

    /// <summary>Where it passes, from top to bottom.</summary>
    public List<LayoutItem> Points { get; } = [];

    public LayoutItem? Label { get; set; }
}
