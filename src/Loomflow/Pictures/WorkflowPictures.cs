namespace Loomflow;

/// <summary>Pictures of workflows.</summary>
public static class WorkflowPictures
{
    /// <summary>A Mermaid flowchart.</summary>
    public static string ToMermaid(this IWorkflow workflow, PictureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return MermaidWriter.Write(Picture.Of(workflow, options));
    }

    /// <summary>A digraph in Graphviz's DOT language.</summary>
    public static string ToDot(this IWorkflow workflow, PictureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return DotWriter.Write(Picture.Of(workflow, options));
    }

    /// <summary>A drawing in SVG that needs no other tool, font or script.</summary>
    public static string ToSvg(this IWorkflow workflow, PictureOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return SvgWriter.Write(Picture.Of(workflow, options));
    }
}
