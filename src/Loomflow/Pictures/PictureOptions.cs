namespace Loomflow;

/// <summary>What a picture of a workflow shows.</summary>
public sealed record PictureOptions
{
    /// <summary>A run whose course is drawn into the picture: status, visits and durations of each node. Also of a run that failed, see <see cref="RunFailures.GetRun"/>.</summary>
    public WorkflowResult? Run { get; init; }

    /// <summary>Whether nested workflows are drawn as graphs of their own inside their node.</summary>
    public bool ExpandNested { get; init; }
}
