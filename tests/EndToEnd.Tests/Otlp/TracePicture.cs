using System.Globalization;
using System.Net;
using System.Text;

namespace Loomflow.Aspire.EndToEnd.Tests.Otlp;

/// <summary>A trace as a waterfall: one row for each span, below what began it, with a bar from its start to its end.</summary>
internal static class TracePicture
{
    private const int Row = 24;
    private const int Top = 64;
    private const int Left = 430;
    private const int Width = 1_100;
    private const int Right = 90;

    private static readonly Dictionary<string, string> s_colours = new() { ["orchestrator"] = "#2a78d6", ["agentworker"] = "#1f9e74", ["audit"] = "#b8860b" };

    public static string Svg(IReadOnlyList<(ExportedSpan Span, int Depth)> rows)
    {
        var (start, end) = (rows.Min(row => row.Span.Start), rows.Max(row => row.Span.End));
        var scale = (Width - Left - Right) / (double)(end - start);
        var height = Top + (rows.Count * Row) + 16;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="system-ui, sans-serif" font-size="13">
            <rect width="{Width}" height="{height}" fill="#ffffff"/>
            <text x="16" y="24" font-size="15" font-weight="600" fill="#1b1f24">{Text(rows[0].Span.Name)}: one trace, {Milliseconds(end - start)}</text>

            """);
        foreach (var (service, i) in rows.Select(row => row.Span.Service).Distinct().Select((service, i) => (service, i)))
        {
            svg.Append(CultureInfo.InvariantCulture, $"""
                <rect x="{16 + (i * 120)}" y="36" width="11" height="11" rx="2" fill="{ColourOf(service)}"/><text x="{32 + (i * 120)}" y="46" fill="#57606a">{Text(service)}</text>

                """);
        }

        for (var tick = 0; tick <= 4; tick++)
        {
            var x = Left + ((Width - Left - Right) * tick / 4);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <line x1="{x}" y1="{Top - 8}" x2="{x}" y2="{height - 12}" stroke="#e4e8ec"/><text x="{x}" y="{Top - 14}" text-anchor="middle" font-size="11" fill="#57606a">{Milliseconds((end - start) * (ulong)tick / 4)}</text>

                """);
        }

        foreach (var ((span, depth), i) in rows.Select((row, i) => (row, i)))
        {
            var y = Top + (i * Row);
            var x = Left + ((span.Start - start) * scale);
            var length = Math.Max(2, (span.End - span.Start) * scale);
            if (depth > 0) svg.Append(CultureInfo.InvariantCulture, $"""<path d="M{8 + (depth * 16)} {y - 4} v10 h6" fill="none" stroke="#b6bec7"/>""");
            svg.Append(CultureInfo.InvariantCulture, $"""
                <text x="{16 + (depth * 16)}" y="{y + 11}" fill="#1b1f24">{Text(span.Name)}<tspan fill="#57606a">{(LabelOf(span) is { } label ? $"  {Text(label)}" : "")}</tspan></text>
                <rect x="{x:0.#}" y="{y}" width="{length:0.#}" height="14" rx="3" fill="{(span.IsError ? "#c93c37" : ColourOf(span.Service))}"/><text x="{x + length + 6:0.#}" y="{y + 11}" font-size="11" fill="#57606a">{Milliseconds(span.End - span.Start)}</text>

                """);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string? LabelOf(ExportedSpan span) => span.Name switch
    {
        "loom.workflow.run" => span["workflow"],
        "loom.workflow.step" => span["step"],
        "loom.run" => span["gen_ai.agent.name"],
        "loom.turn" => span["turn"],
        "loom.tool" => span["gen_ai.tool.name"],
        _ => span["gen_ai.response.model"] is { } model ? $"{model}, {span["gen_ai.usage.input_tokens"]} + {span["gen_ai.usage.output_tokens"]} tokens" : null,
    };

    private static string ColourOf(string service) => s_colours.GetValueOrDefault(service, "#8250df");

    private static string Milliseconds(ulong nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.#} ms");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
