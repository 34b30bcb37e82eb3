using System.Globalization;
using System.Text;

namespace Loomflow;

/// <summary>Writes pictures in Graphviz's language.</summary>
internal static class DotWriter
{
    public static string Write(Picture picture)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"digraph {Quote(picture.Name)} {{\n  rankdir=TB;\n  compound=true;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n");
        Write(text, picture, "  ");
        return text.Append("}\n").ToString();
    }

    private static void Write(StringBuilder text, Picture picture, string indent)
    {
        foreach (var node in picture.Nodes)
        {
            if (node.Inside is { } inside)
            {
                text.Append(CultureInfo.InvariantCulture, $"{indent}subgraph cluster_{node.Id} {{\n{indent}  label={LabelOf(node)};\n{indent}  style=rounded;\n");
                Write(text, inside, indent + "  ");
                text.Append(indent).Append("}\n");
            }
            else
            {
                var shape = node.Shape switch
                {
                    PictureShape.Start or PictureShape.End => ", shape=oval",
                    PictureShape.Wait => ", shape=hexagon, style=\"\"",
                    PictureShape.Workflow => ", peripheries=2",
                    _ => "",
                };
                text.Append(CultureInfo.InvariantCulture, $"{indent}{node.Id} [label={LabelOf(node)}{shape}{ColourOf(node.Status)}];\n");
            }
        }

        foreach (var edge in picture.Edges)
        {
            var (source, target) = (picture.Nodes[edge.Source], picture.Nodes[edge.Target]);
            var attributes = new List<string>();
            if (edge.Label is not null) attributes.Add($"label={Quote(edge.Label)}");
            if (edge.Kind != PictureEdgeKind.Plain) attributes.Add("style=dashed");
            if (source.Inside is not null) attributes.Add($"ltail=cluster_{source.Id}");
            if (target.Inside is not null) attributes.Add($"lhead=cluster_{target.Id}");
            text.Append(CultureInfo.InvariantCulture, $"{indent}{Last(source)} -> {First(target)}{(attributes.Count == 0 ? "" : $" [{string.Join(", ", attributes)}]")};\n");
        }
    }

    // Edges of a cluster hang on nodes inside it.
    private static string First(PictureNode node) => node.Inside is { } inside ? First(inside.Nodes[0]) : node.Id;

    private static string Last(PictureNode node) => node.Inside is { } inside ? Last(inside.Nodes[^1]) : node.Id;

    private static string LabelOf(PictureNode node) => Quote(node.Detail is null ? node.Name : $"{node.Name}\n{node.Detail}");

    private static string ColourOf(RunStatus? status) => status switch
    {
        null => "",
        RunStatus.Completed => ", color=\"#2e7d32\"",
        RunStatus.Failed or RunStatus.Capped => ", color=\"#c62828\"",
        RunStatus.Cancelled => ", color=\"#757575\"",
        _ => ", color=\"#1565c0\"",
    };

    private static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
