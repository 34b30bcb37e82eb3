using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Pictures;

/// <summary>Workflows as diagrams.</summary>
public partial class PictureTests
{
    private static readonly string[] s_awkward = ["a/b", "a.b", "quote\"s", "<b>&amp;", "line\nbreak", "back\\slash", "end", "graph {}", "日本語", "#hash;", "[x](y)|z|", "emoji 🚀", "\u0001control", "\ud800 lone"];

    internal static WorkflowBuilder Triage() => new WorkflowBuilder("triage")
        .AddNode("classify", Show("classify")).AddNode("billing", new Agent("Bill.", "echo", new AgentOptions { Name = "billing" })).AddNode("tech", Show("tech"))
        .AddNode("review", Waits.Approval<object?>("review")).AddNode("publish", Show("publish").OnFailure(FailurePolicy.GoTo("report"))).AddNode("report", Show("report"))
        .SetStart("classify")
        .AddRouter<string>("classify", _ => "billing", Routes(("billing", "billing"), ("tech", "tech"), ("spam", "END")), fallback: "tech")
        .AddEdge("billing", "review").AddEdge("tech", "review")
        .AddRouter<object?>("review", _ => "ok", Routes(("ok", "publish"), ("rework", "classify")));

    internal static Workflow<object?, object?> Awkward()
    {
        var builder = new WorkflowBuilder("awkward \"names\" <&>");
        foreach (var name in s_awkward) builder.AddNode(name, Show("x")).AddEdge("START", name);
        return builder.Build();
    }

    [Fact]
    public void Mermaid_ShowsNodesRoutesFallbacksAndFailures()
    {
        var mermaid = Triage().Build().ToMermaid();

        mermaid.ShouldStartWith("flowchart TD\n");
        mermaid.ShouldContain("n0[\"classify\"]");
        mermaid.ShouldContain("n1(\"billing<br/><small>agent</small>\")");
        mermaid.ShouldContain("n0 -->|\"billing\"| n1");
        mermaid.ShouldContain("n0 -.->|\"otherwise\"| n2");
        mermaid.ShouldContain("n4 -.->|\"on failure\"| n5");
        mermaid.ShouldContain("n3 -->|\"rework\"| n0");
        mermaid.ShouldContain("n_start --> n0");
        mermaid.ShouldContain("n0 -->|\"spam\"| n_end");
    }

    [Fact]
    public void Dot_ShowsTheSame()
    {
        var dot = Triage().Build().ToDot();

        dot.ShouldStartWith("digraph \"triage\" {");
        dot.ShouldContain("n0 -> n1 [label=\"billing\"];");
        dot.ShouldContain("n0 -> n2 [label=\"otherwise\", style=dashed];");
        dot.Count(c => c == '{').ShouldBe(dot.Count(c => c == '}'));
    }

    [Fact]
    public void Names_WithAnyCharacters_AreSafeAndUnique()
    {
        var workflow = Awkward();

        var mermaid = workflow.ToMermaid();
        NodeLine().Matches(mermaid).Select(match => match.Groups[1].Value).ShouldBeUnique();
        NodeLine().Matches(mermaid).Count.ShouldBe(s_awkward.Length);
        mermaid.ShouldContain("quote#34;s");
        mermaid.ShouldContain("#60;b#62;#38;amp#59;");
        mermaid.ShouldContain("#35;hash#59;");

        workflow.ToDot().ShouldContain("label=\"quote\\\"s\"");
        workflow.ToDot().ShouldContain("label=\"back\\\\slash\"");
        workflow.ToDot().ShouldContain("label=\"line\\nbreak\"");

        var svg = XDocument.Parse(workflow.ToSvg());
        svg.Descendants().Where(element => element.Name.LocalName == "text").Select(text => text.Value).ShouldContain("<b>&amp;");
    }

    [Fact]
    public void Svg_HasEveryNodeAndEdge_BoxesDoNotOverlap_NorDoLabels()
    {
        foreach (var workflow in new[] { Triage().Build(), Awkward() }.Concat(Enumerable.Range(0, 60).Select(seed => Scheduling.RandomGraph.Make(seed, 9, waits: true))))
        {
            var svg = XDocument.Parse(workflow.ToSvg());
            var graph = workflow.Graph;
            svg.Descendants().Count(element => element.Attribute("marker-end") is not null).ShouldBe(graph.Edges.DistinctBy(edge => (edge.Source, edge.Target, edge.Label, edge.IsFallback, edge.IsFailure, edge.ConditionText)).Count());
            var boxes = svg.Descendants().Where(element => element.Name.LocalName == "rect" && element.Attribute("stroke") is not null).Select(Rectangle).ToArray();
            boxes.Length.ShouldBe(graph.Nodes.Length + 2);
            ShouldNotOverlap(boxes, workflow);
            ShouldNotOverlap([.. svg.Descendants().Where(element => element.Attribute("fill-opacity") is not null).Select(Rectangle)], workflow);
        }
    }

    [Fact]
    public void Svg_LongEdges_AreStraight()
    {
        var builder = new WorkflowBuilder("long").AddNode("s0", Show("s0")).SetStart("s0");
        for (var i = 1; i < 8; i++) builder.AddNode($"s{i}", Show("s")).AddEdge($"s{i - 1}", $"s{i}");
        builder.AddNode("join", Show("join")).AddEdge("s7", "join").AddEdge("s0", "join");
        var chain = Ways(builder.Build());

        chain.Count(path => !path.Contains('C')).ShouldBeGreaterThanOrEqualTo(8, "the chain itself has no bend");

        // Where an edge leaves and where it arrives it may bend, nowhere else, in any graph.
        foreach (var path in Enumerable.Range(0, 60).Select(seed => Scheduling.RandomGraph.Make(seed, 14, waits: true)).Append(Claims()).SelectMany(Ways).Concat(chain))
        {
            Bends().Count(path).ShouldBeLessThanOrEqualTo(2, path);
        }
    }

    [Fact]
    public void Svg_ACycle_HasOneEdgeThatLeadsBack_WhicheverWayIsDeclaredFirst()
    {
        var back = XDocument.Parse(Claims().ToSvg()).Descendants().Where(element => element.Attribute("marker-end")?.Value == "url(#back)");

        back.Count().ShouldBe(2, "from waiting to extracting, and from costs to damage");
    }

    /// <summary>A graph of some size, in which the short way to the join is declared before the one that the cycle is on.</summary>
    private static Workflow<object?, object?> Claims()
    {
        var builder = new WorkflowBuilder("claims");
        foreach (var name in "intake classify extract verify fraud lookup merge damage costs request wait authorize pay notify archive".Split(' ')) builder.AddNode(name, Show(name));
        return builder.SetStart("intake")
            .AddEdge("intake", "classify").AddEdge("intake", "extract").AddEdge("classify", "lookup").AddEdge("extract", "verify").AddEdge("extract", "fraud")
            .AddEdge("lookup", "merge").AddEdge("verify", "merge").AddEdge("fraud", "merge")
            .AddRouter<object?>("merge", _ => "", Routes(("simple", "costs"), ("complex", "damage"), ("incomplete", "request"), ("reject", "notify")), fallback: "authorize")
            .AddEdge("request", "wait").AddRouter<object?>("wait", _ => "", Routes(("arrived", "extract"), ("never", "archive")))
            .AddEdge("damage", "costs").AddRouter<object?>("costs", _ => "", Routes(("small", "authorize"), ("unclear", "damage")))
            .AddEdge("authorize", "pay").AddEdge("pay", "notify").AddEdge("notify", "archive").Build();
    }

    private static string[] Ways(IWorkflow workflow) =>
        [.. XDocument.Parse(workflow.ToSvg()).Descendants().Where(element => element.Attribute("marker-end") is not null).Select(element => element.Attribute("d")!.Value)];

    [Fact]
    public async Task Overlay_ShowsStatusVisitsAndDurations_AlsoOfARunThatFailed()
    {
        var loop = new WorkflowBuilder("loop").AddNode("draft", Show("draft")).AddNode("never", Show("never")).SetStart("draft")
            .AddRouter<string>("draft", text => text.Length > 30 ? "done" : "again", Routes(("again", "draft"), ("done", "END"), ("other", "never"))).Build();
        var result = await loop.RunAsync("in", cancellationToken: Token);

        var options = new PictureOptions { Run = result };
        loop.ToSvg(options).ShouldContain($">{result.History.Count}× · ");
        loop.ToMermaid(options).ShouldContain("class n0 completed");
        loop.ToMermaid(options).ShouldNotContain("class n1 ");
        loop.ToDot(options).ShouldContain("color=\"#2e7d32\"");

        var failing = Workflow.Chain("fails", Throw("a", new IOException("away")));
        var thrown = await ThrownBy<IOException>(() => failing.RunAsync(null, cancellationToken: Token));
        failing.ToMermaid(new PictureOptions { Run = thrown.GetRun() }).ShouldContain("class n0 failed");
    }

    [Fact]
    public async Task NestedWorkflows_AreDrawnInside_WhenAskedFor()
    {
        var nested = Workflow.Chain("outer", Append("first"), Workflow.Chain("inner", Append("a"), Workflow.Chain("innermost", Append("b"))), Append("last"));
        var run = await nested.RunAsync("x", cancellationToken: Token);

        nested.ToSvg().ShouldNotContain("innermost");
        var options = new PictureOptions { ExpandNested = true, Run = run };
        nested.ToMermaid(options).ShouldContain("subgraph n1[\"inner<br/><small>");
        nested.ToMermaid(options).ShouldContain("class n1_1_0 completed");
        nested.ToDot(options).ShouldContain("subgraph cluster_n1_1 {");
        nested.ToDot(options).ShouldContain("n0 -> n1__start [lhead=cluster_n1];");
        XDocument.Parse(nested.ToSvg(options)).Descendants().Count(element => element.Name.LocalName == "text" && element.Value is "START").ShouldBe(3);
    }

    [Fact]
    public void Notebooks_FindTheFormattersByConvention()
    {
        var workflow = Workflow.Chain("chain", Append("a"));

        // As the formatting library of .NET Interactive does: by names.
        var attribute = workflow.GetType().GetCustomAttributes(inherit: true).Single(attribute => attribute.GetType().Name == "TypeFormatterSourceAttribute");
        var source = Activator.CreateInstance((Type)attribute.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute)!)!;
        var formatters = (IEnumerable<object>)source.GetType().GetMethod("CreateTypeFormatters")!.Invoke(source, null)!;
        var shown = formatters.ToDictionary(formatter => (string)formatter.GetType().GetProperty("MimeType")!.GetValue(formatter)!, formatter =>
        {
            var writer = new StringWriter();
            formatter.GetType().GetMethod("Format", BindingFlags.Instance | BindingFlags.Public)!.Invoke(formatter, [workflow, writer]).ShouldBe(true);
            return writer.ToString();
        });

        shown["text/html"].ShouldStartWith("<svg");
        shown["text/plain"].ShouldStartWith("flowchart TD");
    }

    private static (double X, double Y, double Width, double Height) Rectangle(XElement element)
    {
        double Of(string name) => double.Parse(element.Attribute(name)!.Value, System.Globalization.CultureInfo.InvariantCulture);
        return (Of("x"), Of("y"), Of("width"), Of("height"));
    }

    private static void ShouldNotOverlap((double X, double Y, double Width, double Height)[] boxes, IWorkflow workflow)
    {
        for (var i = 0; i < boxes.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (boxes[i], boxes[j]);
                var apart = a.X + a.Width <= b.X || b.X + b.Width <= a.X || a.Y + a.Height <= b.Y || b.Y + b.Height <= a.Y;
                apart.ShouldBeTrue($"{a} overlaps {b} in\n{workflow.ToMermaid()}");
            }
        }
    }

    [GeneratedRegex("C")]
    private static partial Regex Bends();

    [GeneratedRegex("^  (n[0-9]+)\\[", RegexOptions.Multiline)]
    private static partial Regex NodeLine();
}
