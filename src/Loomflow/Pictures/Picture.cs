using System.Globalization;

namespace Loomflow;

/// <summary>A workflow as boxes and arrows: what all formats of pictures are written from.</summary>
internal sealed class Picture
{
    private Picture(string name, IReadOnlyList<PictureNode> nodes, IReadOnlyList<PictureEdge> edges) => (Name, Nodes, Edges) = (name, nodes, edges);

    public string Name { get; }

    /// <summary>START first, END last.</summary>
    public IReadOnlyList<PictureNode> Nodes { get; }

    public IReadOnlyList<PictureEdge> Edges { get; }

    public static Picture Of(IWorkflow workflow, PictureOptions? options = null) => Of(workflow.Graph, options ?? new PictureOptions(), path: "", id: "n");

    private static Picture Of(Graph graph, PictureOptions options, string path, string id)
    {
        var visits = options.Run?.History.ToLookup(visit => visit.Path, StringComparer.Ordinal);
        var nodes = new List<PictureNode> { new($"{id}_start", Workflow.START, PictureShape.Start) };
        foreach (var node in graph.Nodes)
        {
            var own = $"{path}{node.Segment}";
            var picture = new PictureNode($"{id}{node.Index}", node.Name, ShapeOf(node.Step)) { Detail = DetailOf(node.Step) };
            if (visits is not null) picture = Overlay(picture, [.. visits[own]]);
            if (options.ExpandNested && node.Step is IWorkflow nested) picture = picture with { Inside = Of(nested.Graph, options, $"{own}/", $"{picture.Id}_") };
            nodes.Add(picture);
        }

        nodes.Add(new PictureNode($"{id}_end", Workflow.END, PictureShape.End));
        var edges = graph.Edges.Select(edge => new PictureEdge(edge.Source == Edge.Outside ? 0 : edge.Source + 1, edge.Target == Edge.Outside ? nodes.Count - 1 : edge.Target + 1, LabelOf(edge), KindOf(edge)));
        return new Picture(graph.Name, nodes, [.. edges.Distinct()]);
    }

    private static PictureShape ShapeOf(Step step) => step.Kind switch
    {
        StepKind.Workflow or StepKind.Map => PictureShape.Workflow,
        StepKind.Delay or StepKind.Approval or StepKind.Signal => PictureShape.Wait,
        StepKind.Remote => PictureShape.Agent,
        _ => step.AcceptsText ? PictureShape.Agent : PictureShape.Function,
    };

    private static string? DetailOf(Step step) => step switch
    {
        IDelayStep delay => $"waits {DurationText(delay.Duration)}",
        IApprovalStep => "approval",
        ISignalStep signal => $"signal {signal.Signal}",
        IRemoteStep remote => $"remote {remote.Hosted}",
        IMapStep map => $"each: {map.Element.Name}",
        IWorkflow => "workflow",
        _ => step.AcceptsText ? "agent" : null,
    };

    private static PictureNode Overlay(PictureNode node, NodeVisit[] visits)
    {
        if (visits.Length == 0) return node;
        var parts = new List<string>();
        if (visits.Length > 1) parts.Add($"{visits.Length}×");
        if (visits.Sum(visit => visit.Attempts) is var attempts && attempts > visits.Length) parts.Add($"{attempts} attempts");
        parts.Add(DurationText(TimeSpan.FromTicks(visits.Sum(visit => visit.Duration.Ticks))));
        return node with { Status = visits[^1].Status, Detail = string.Join(" · ", parts) };
    }

    private static string? LabelOf(Edge edge) => edge switch
    {
        { IsFailure: true } => "on failure",
        { IsFallback: true } => "otherwise",
        _ => edge.Label ?? edge.ConditionText,
    };

    private static PictureEdgeKind KindOf(Edge edge) =>
        edge.IsFailure ? PictureEdgeKind.Failure : edge.IsFallback ? PictureEdgeKind.Fallback : PictureEdgeKind.Plain;

    private static string DurationText(TimeSpan duration) => duration switch
    {
        { TotalMilliseconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMicroseconds:0} µs"),
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.#} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.##} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes:0.#} min"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalHours:0.#} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalDays:0.#} d"),
    };
}
