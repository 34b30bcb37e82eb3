namespace Loomflow.Aspire.EndToEnd.Tests.Otlp;

/// <summary>The tree of the framework's own spans, rebuilt from what was exported; what lies between two of them (HTTP, gRPC) is passed over.</summary>
public sealed class SpanTree
{
    private readonly Dictionary<string, ExportedSpan> _all;
    private readonly IReadOnlyList<ExportedSpan> _loom;
    private readonly ILookup<string, ExportedSpan> _children;

    public SpanTree(IEnumerable<ExportedSpan> spans)
    {
        _all = spans.DistinctBy(span => span.SpanId).ToDictionary(span => span.SpanId);
        _loom = [.. _all.Values.Where(span => span.IsLoom).OrderBy(span => span.Start)];
        _children = _loom.ToLookup(span => Ancestors(span).FirstOrDefault(ancestor => ancestor.IsLoom)?.SpanId ?? "");
    }

    /// <summary>What began the span, from its parent on, as far as it was exported.</summary>
    public IEnumerable<ExportedSpan> Ancestors(ExportedSpan span)
    {
        while (_all.TryGetValue(span.ParentId, out var parent)) yield return span = parent;
    }

    /// <summary>A span and what lies below it, each with its depth, in the order in which they are drawn.</summary>
    public IEnumerable<(ExportedSpan Span, int Depth)> Below(ExportedSpan span, int depth = 0) =>
        _children[span.SpanId].SelectMany(child => Below(child, depth + 1)).Prepend((span, depth));

    /// <summary>One line for each span, children below their parents in the order of their beginning, or by name where they run side by side.</summary>
    public string Draw(bool byName = false) => Draw("", byName, 0);

    private string Draw(string parent, bool byName, int depth) => string.Concat(
        (byName ? _children[parent].OrderBy(LabelOf, StringComparer.Ordinal) : _children[parent]).Select(span =>
        {
            var outcome = span["outcome"] is { } ended and not "completed" ? $" [{ended}]" : "";
            var error = span.IsError ? $" !{span["error.type"]}" : "";
            var linked = span.Links.Count > 0 ? " (linked)" : "";
            return $"{new string(' ', depth * 2)}{LabelOf(span)} @{span.Service}{outcome}{error}{linked}\n{Draw(span.SpanId, byName && depth == 0, depth + 1)}";
        }));

    private static string LabelOf(ExportedSpan span)
    {
        var label = span.Name switch
        {
            "loom.workflow.run" => span["workflow"],
            "loom.workflow.step" => span["step"],
            "loom.run" => span["gen_ai.agent.name"],
            "loom.tool" => span["gen_ai.tool.name"],
            _ => null,
        };
        return label is null ? span.Name : $"{span.Name} ({label})";
    }
}
