namespace Loomflow;

/// <summary>A box of a picture.</summary>
/// <param name="Id">Unique in the picture, letters, digits and <c>_</c>, whatever the name.</param>
/// <param name="Name">What is written in it.</param>
/// <param name="Shape">What kind of thing it stands for.</param>
internal sealed record PictureNode(string Id, string Name, PictureShape Shape)
{
    /// <summary>A second, smaller line.</summary>
    public string? Detail { get; init; }

    /// <summary>How the run left the node, where a run is drawn and came here.</summary>
    public RunStatus? Status { get; init; }

    /// <summary>The nested workflow, where it is drawn.</summary>
    public Picture? Inside { get; init; }
}
