using System.Globalization;
using System.Security;
using System.Text;

namespace Loomflow;

/// <summary>Draws pictures as SVG.</summary>
internal sealed class SvgWriter
{
    private const double Margin = 16;
    private const double Title = 26;
    private const int LongestName = 40;
    private readonly StringBuilder _svg = new();

    public static string Write(Picture picture)
    {
        var drawing = Drawing.Of(picture);
        var writer = new SvgWriter();
        var (width, height) = (drawing.Width + (2 * Margin), drawing.Height + (2 * Margin));
        writer.Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:0.#}\" height=\"{height:0.#}\" viewBox=\"0 0 {width:0.#} {height:0.#}\" font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\" role=\"img\">");
        writer.Line($"<title>{Escape(picture.Name)}</title>");
        writer.Line($"<defs>");
        foreach (var (id, colour) in new[] { ("arrow", Colours.Edge), ("back", Colours.Back), ("failure", Colours.Failure) })
        {
            writer.Line($"<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"7.2\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0.6 L8 4 L0 7.4 Z\" fill=\"{colour}\"/></marker>");
        }

        writer.Line($"</defs>");
        writer.Line($"<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>");
        writer.Draw(drawing, Margin, Margin);
        writer.Line($"</svg>");
        return writer._svg.ToString();
    }

    private void Draw(Drawing drawing, double left, double top)
    {
        Line($"<g transform=\"translate({left:0.#} {top:0.#})\">");
        for (var i = 0; i < drawing.Edges.Count; i++) Draw(drawing, drawing.Edges[i], drawing.Picture.Edges[i]);
        for (var i = 0; i < drawing.Layout.Boxes.Count; i++) Draw(drawing.Picture.Nodes[i], drawing.Layout.Boxes[i], drawing.Inside[i]);

        // Labels last, so that no line runs through them.
        for (var i = 0; i < drawing.Edges.Count; i++)
        {
            if (drawing.Edges[i].Label is { } at) Label(at.X, at.Y, drawing.Picture.Edges[i].Label!);
        }

        Line($"</g>");
    }

    private void Draw(PictureNode node, LayoutItem box, Drawing? inside)
    {
        var (x, y) = (box.X - (box.Width / 2), box.Y - (box.Height / 2));
        var (fill, stroke) = Colours.Of(node);
        var radius = node.Shape is PictureShape.Start or PictureShape.End ? box.Height / 2 : 7;
        Line($"<g><title>{Escape(node.Detail is null ? node.Name : $"{node.Name}: {node.Detail}")}</title>");
        Line($"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{box.Width:0.#}\" height=\"{box.Height:0.#}\" rx=\"{radius:0.#}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{(node.Status is null ? 1.2 : 2)}\"/>");
        if (inside is not null)
        {
            Text(x + 12, y + 18, "start", 13, "#0f172a", Shorten(node.Name), node.Detail);
            Draw(inside, x + ((box.Width - inside.Width) / 2), y + Title);
        }
        else if (node.Detail is null)
        {
            Text(box.X, box.Y + 4.5, "middle", 13, node.Shape is PictureShape.Start or PictureShape.End ? "#ffffff" : "#0f172a", Shorten(node.Name));
        }
        else
        {
            Text(box.X, box.Y - 2.5, "middle", 13, "#0f172a", Shorten(node.Name));
            Text(box.X, box.Y + 12.5, "middle", 10.5, "#64748b", Shorten(node.Detail));
        }

        Line($"</g>");
    }

    private void Draw(Drawing drawing, LayoutEdge edge, PictureEdge picture)
    {
        var (marker, colour) = picture.Kind == PictureEdgeKind.Failure ? ("failure", Colours.Failure) : edge.IsBack || edge.IsLoop ? ("back", Colours.Back) : ("arrow", Colours.Edge);
        var dash = picture.Kind != PictureEdgeKind.Plain ? " stroke-dasharray=\"5 4\"" : "";
        var path = edge.IsLoop ? Loop(drawing.Layout.Boxes[edge.From]) : Way(drawing, edge);
        Line($"<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\"{dash} marker-end=\"url(#{marker})\"/>");
        if (edge.IsLoop && picture.Label is { } label)
        {
            var box = drawing.Layout.Boxes[edge.From];
            Label(box.X + (box.Width / 2) + 26 + (edge.LabelWidth / 2), box.Y, label);
        }
    }

    private static string Loop(LayoutItem box)
    {
        var (x, y) = (box.X + (box.Width / 2), box.Y);
        return F($"M{x:0.#} {y + 8:0.#} C{x + 30:0.#} {y + 16:0.#} {x + 30:0.#} {y - 16:0.#} {x + 1:0.#} {y - 8:0.#}");
    }

    /// <summary>Straight down through each layer, and in curves between them.</summary>
    private static string Way(Drawing drawing, LayoutEdge edge)
    {
        var (upper, lower) = (drawing.Layout.Boxes[edge.Upper], drawing.Layout.Boxes[edge.Lower]);
        var stops = new List<(double X, double Y)> { (drawing.PortOf(edge, upper), upper.Y + (upper.Height / 2)) };
        foreach (var point in edge.Points) stops.AddRange([(point.X, point.Top), (point.X, point.Bottom)]);
        stops.Add((drawing.PortOf(edge, lower), lower.Y - (lower.Height / 2)));
        if (edge.IsBack) stops.Reverse();

        var path = new StringBuilder(F($"M{stops[0].X:0.#} {stops[0].Y:0.#}"));
        foreach (var (from, to) in stops.Zip(stops.Skip(1)))
        {
            var middle = (from.Y + to.Y) / 2;
            path.Append(Math.Abs(from.X - to.X) < 0.5
                ? F($" L{to.X:0.#} {to.Y:0.#}")
                : F($" C{from.X:0.#} {middle:0.#} {to.X:0.#} {middle:0.#} {to.X:0.#} {to.Y:0.#}"));
        }

        return path.ToString();
    }

    private void Label(double x, double y, string label)
    {
        var width = TextWidth.Of(Shorten(label), 11) + 8;
        Line($"<rect x=\"{x - (width / 2):0.#}\" y=\"{y - 8:0.#}\" width=\"{width:0.#}\" height=\"16\" rx=\"4\" fill=\"#ffffff\" fill-opacity=\"0.92\"/>");
        Text(x, y + 4, "middle", 11, "#475569", Shorten(label));
    }

    private void Text(double x, double y, string anchor, double size, string colour, string text, string? more = null)
    {
        var rest = more is null ? "" : F($"<tspan dx=\"8\" font-size=\"10.5\" fill=\"#64748b\">{Escape(more)}</tspan>");
        Line($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" font-size=\"{size:0.#}\" fill=\"{colour}\">{Escape(text)}{rest}</text>");
    }

    private void Line(FormattableString line) => _svg.Append(F(line)).Append('\n');

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Shorten(string text) => text.Length <= LongestName ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[LongestName - 2]) ? LongestName - 2 : LongestName - 1), "…");

    // What XML cannot hold at all is left out.
    private static string Escape(string text) => SecurityElement.Escape(string.Concat(text.Select(c => c is '\n' or '\r' or '\t' ? ' ' : c)
        .Where((c, i) => c >= ' ' && c is not ('\ufffe' or '\uffff') && (!char.IsSurrogate(c) || IsPaired(text, i)))))!;

    private static bool IsPaired(string text, int i) =>
        char.IsHighSurrogate(text[i]) ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) : i > 0 && char.IsHighSurrogate(text[i - 1]);

    /// <summary>A picture with its places, and those of the pictures inside it.</summary>
    private sealed class Drawing
    {
        private readonly Dictionary<(LayoutEdge, LayoutItem), double> _ports = [];

        private Drawing(Picture picture, Drawing?[] inside, LayeredLayout layout, IReadOnlyList<LayoutEdge> edges)
        {
            (Picture, Inside, Layout, Edges) = (picture, inside, layout, edges);
            foreach (var box in layout.Boxes) SpreadPorts(box);
        }

        public Picture Picture { get; }

        public IReadOnlyList<Drawing?> Inside { get; }

        public LayeredLayout Layout { get; }

        public IReadOnlyList<LayoutEdge> Edges { get; }

        public double Width => Layout.Width;

        public double Height => Layout.Height;

        public static Drawing Of(Picture picture)
        {
            var inside = picture.Nodes.Select(node => node.Inside is null ? null : Of(node.Inside)).ToArray();
            var boxes = picture.Nodes.Select((node, i) => SizeOf(node, inside[i])).ToArray();
            var edges = picture.Edges.Select(edge => new LayoutEdge(edge.Source, edge.Target, edge.Label is null ? 0 : TextWidth.Of(Shorten(edge.Label), 11) + 10)).ToArray();
            return new Drawing(picture, inside, new LayeredLayout(boxes, edges), edges);
        }

        public double PortOf(LayoutEdge edge, LayoutItem box) => _ports[(edge, box)];

        private static LayoutBox SizeOf(PictureNode node, Drawing? inside)
        {
            var name = TextWidth.Of(Shorten(node.Name), 13);
            var detail = node.Detail is null ? 0 : TextWidth.Of(Shorten(node.Detail), 10.5);
            if (inside is not null) return new LayoutBox(Math.Max(inside.Width + 24, name + detail + 36), inside.Height + Title + 12);
            return node.Shape is PictureShape.Start or PictureShape.End
                ? new LayoutBox(name + 26, 24)
                : new LayoutBox(Math.Max(64, Math.Max(name, detail) + 28), node.Detail is null ? 34 : 42);
        }

        /// <summary>Edges that share a side of a box leave it in the order in which they go on, so that they do not cross there.</summary>
        private void SpreadPorts(LayoutItem box)
        {
            Spread(box, Edges.Where(edge => !edge.IsLoop && Layout.Boxes[edge.Upper] == box), edge => edge.Points[0].X);
            Spread(box, Edges.Where(edge => !edge.IsLoop && Layout.Boxes[edge.Lower] == box), edge => edge.Points[^1].X);
        }

        private void Spread(LayoutItem box, IEnumerable<LayoutEdge> edges, Func<LayoutEdge, double> towards)
        {
            var sorted = edges.OrderBy(towards).ToArray();
            var step = Math.Min(18, (box.Width - 24) / Math.Max(sorted.Length, 1));
            for (var i = 0; i < sorted.Length; i++)
            {
                var spread = box.X + ((i - ((sorted.Length - 1) / 2.0)) * step);
                // One that can go straight does.
                var straight = towards(sorted[i]);
                _ports[(sorted[i], box)] = Math.Abs(straight - spread) < step / 2 ? straight : spread;
            }
        }
    }
}
