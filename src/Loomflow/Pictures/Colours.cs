namespace Loomflow;

/// <summary>The colours of drawings.</summary>
internal static class Colours
{
    public const string Edge = "#64748b";
    public const string Back = "#b45309";
    public const string Failure = "#c62828";

    public static (string Fill, string Stroke) Of(PictureNode node) => node switch
    {
        { Shape: PictureShape.Start or PictureShape.End } => ("#334155", "#334155"),
        { Status: RunStatus.Completed } => ("#edf7ee", "#2e7d32"),
        { Status: RunStatus.Failed or RunStatus.Capped } => ("#fdecea", "#c62828"),
        { Status: RunStatus.Cancelled } => ("#f1f1f1", "#757575"),
        { Status: not null } => ("#e3f2fd", "#1565c0"),
        { Shape: PictureShape.Agent } => ("#f5f1ff", "#7c5cd6"),
        { Shape: PictureShape.Workflow } => ("#eefaf7", "#0f9488"),
        { Shape: PictureShape.Wait } => ("#fff8e8", "#d08a1d"),
        _ => ("#f8fafc", "#8496ad"),
    };
}
