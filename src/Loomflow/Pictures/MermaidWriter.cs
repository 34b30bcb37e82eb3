using System.Globalization;
using System.Text;

namespace Loomflow;

/// <summary>Writes pictures as Mermaid flowcharts.</summary>
internal static class MermaidWriter
{
    public static string Write(Picture picture)
    {
        var text = new StringBuilder("flowchart TD\n");
        Write(text, picture, "  ");
        text.Append("  classDef completed fill:#e6f4ea,stroke:#2e7d32\n  classDef failed fill:#fdecea,stroke:#c62828\n  classDef cancelled fill:#eeeeee,stroke:#757575\n  classDef running fill:#e3f2fd,stroke:#1565c0\n");
        return text.ToString();
    }

    private static void Write(StringBuilder text, Picture picture, string indent)
    {
        foreach (var node in picture.Nodes)
        {
            if (node.Inside is { } inside)
            {
                text.Append(CultureInfo.InvariantCulture, $"{indent}subgraph {node.Id}[\"{LabelOf(node)}\"]\n");
                Write(text, inside, indent + "  ");
                text.Append(indent).Append("end\n");
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"{indent}{node.Id}{Shaped(node)}\n");
            }

            if (node.Status is { } status) text.Append(CultureInfo.InvariantCulture, $"{indent}class {node.Id} {ClassOf(status)}\n");
        }

        foreach (var edge in picture.Edges)
        {
            var arrow = edge.Kind == PictureEdgeKind.Plain ? "-->" : "-.->";
            var label = edge.Label is null ? "" : $"|\"{Escape(edge.Label)}\"|";
            text.Append(CultureInfo.InvariantCulture, $"{indent}{picture.Nodes[edge.Source].Id} {arrow}{label} {picture.Nodes[edge.Target].Id}\n");
        }
    }

    private static string Shaped(PictureNode node) => node.Shape switch
    {
        PictureShape.Start or PictureShape.End => $"([\"{node.Name}\"])",
        PictureShape.Wait => $"{{{{\"{LabelOf(node)}\"}}}}",
        PictureShape.Workflow => $"[[\"{LabelOf(node)}\"]]",
        PictureShape.Agent => $"(\"{LabelOf(node)}\")",
        _ => $"[\"{LabelOf(node)}\"]",
    };

    private static string LabelOf(PictureNode node) => node.Detail is null ? Escape(node.Name) : $"{Escape(node.Name)}<br/><small>{Escape(node.Detail)}</small>";

    internal static string ClassOf(RunStatus status) => status switch
    {
        RunStatus.Completed => "completed",
        RunStatus.Failed or RunStatus.Capped => "failed",
        RunStatus.Cancelled => "cancelled",
        _ => "running",
    };

    // Entities by number pass through quoted text unchanged; everything that Mermaid or HTML could take for markup becomes one.
    private static string Escape(string name) => string.Concat(name.EnumerateRunes().Select(rune =>
        rune.Value > 127 && !System.Text.Rune.IsControl(rune) || char.IsAsciiLetterOrDigit((char)Math.Min(rune.Value, char.MaxValue)) || rune.Value is ' ' or '_' or '-' or '.' or ',' or ':' or '/' or '(' or ')' or '+' or '=' or '?' or '!'
            ? rune.ToString()
            : $"#{rune.Value};"));
}
