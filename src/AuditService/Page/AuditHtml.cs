using System.Globalization;
using System.Net;
using System.Text;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Page;

/// <summary>Writes the pages. Everything that comes from the log goes through <see cref="Text"/> on its way.</summary>
internal static class AuditHtml
{
    public static string Home(LogStatusReport status, AuditQuery query, AuditPage page, bool isSearch)
    {
        var html = Begin(status, "Audit log");
        html.Append("<section class=cards>");
        Card(html, "Log", status.Size.ToString("N0", CultureInfo.InvariantCulture) + (status.Size == 1 ? " record" : " records"), $"signed with key {Text(status.ActiveKey)}", $"<code class=hash>{Text(status.LogId)}</code>");
        if (status.Checkpoint is { } checkpoint)
        {
            Card(html, "Last checkpoint", checkpoint.Size.ToString("N0", CultureInfo.InvariantCulture) + " covered", Time(checkpoint.Time), $"<code class=hash>{checkpoint.Root}</code>");
        }
        else
        {
            Card(html, "Last checkpoint", "none yet", "the first one follows soon");
        }

        if (status.LastVerificationTime is { } verified)
        {
            Card(html, "Last verification", status.Damage is null ? "<span class=good>intact</span>" : "<span class=bad>damaged</span>", Time(verified),
                string.Create(CultureInfo.InvariantCulture, $"up to record {status.LastVerifiedSequence:N0}, in {status.LastVerificationSeconds:0.00} s · <a href=\"/verify\">verify now</a>"));
        }
        else
        {
            Card(html, "Last verification", "running", "the first one runs when the service starts");
        }

        html.Append("</section>");
        html.Append("<h2>Search</h2><form method=get action=\"/\">");
        Input(html, "user", "user", query.Partition?.UserId);
        Input(html, "session", "session", query.SessionId);
        Input(html, "run", "run", query.RunId);
        Input(html, "action", "action", query.Action);
        html.Append("<button>Search</button></form>");
        html.Append("<h2>").Append(isSearch ? "Entries found" : "Newest entries").Append("</h2>");
        if (page.Records.Count == 0) html.Append("<p class=dim>None.</p>");
        else Table(html, isSearch ? page.Records : page.Records.Reverse());
        if (isSearch && page.Next is { } next) html.Append(CultureInfo.InvariantCulture, $"<p><a href=\"{Text(NextPage(query, next))}\">Next page</a></p>");
        return End(html);
    }

    public static string Run(LogStatusReport status, string runId, IReadOnlyList<AuditRecord> records)
    {
        var html = Begin(status, $"Run {runId}");
        html.Append(CultureInfo.InvariantCulture, $"<h2>Trail of run <code>{Text(runId)}</code></h2>");
        if (records.Count == 0) return End(html.Append("<p class=dim>The log has no such run.</p>"));

        var entry = records[0].Entry;
        var start = entry.Time;
        html.Append(CultureInfo.InvariantCulture, $"<p class=dim>user {Text(entry.Partition.ToString())} · session {Text(entry.SessionId ?? "none")} · trace <code class=hash>{Text(entry.TraceId ?? "none")}</code> · began {Time(start)} · <a href=\"/v1/runs/{Text(Uri.EscapeDataString(runId))}/trail\">as text</a></p>");
        html.Append("<ol class=\"trail panel\">");
        foreach (var line in AuditTrail.Lines(records))
        {
            var mark = Mark(line.Record.Entry.Action);
            var (action, rest) = line.Text.Split(' ', 2) is [var first, var second] ? (first, second) : (line.Text, "");
            html.Append(CultureInfo.InvariantCulture, $"<li class={mark} style=\"--depth:{line.Depth};margin-left:{1.4 * line.Depth:0.0}rem\"><details><summary><code><span class=\"what {mark}\">{Text(action)}</span> {Text(rest)}</code>");
            html.Append(CultureInfo.InvariantCulture, $"<time title=\"{Time(line.Record.Entry.Time)}\">+{(line.Record.Entry.Time - start).TotalSeconds:0.000} s</time></summary><pre>{Text(Details(line.Record))}</pre></details></li>");
        }

        return End(html.Append("</ol>"));
    }

    private static StringBuilder Begin(LogStatusReport status, string title)
    {
        var html = new StringBuilder(16 * 1024);
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\"><title>{Text(title)}</title><style>{PageStyle.Css}</style></head><body>");
        html.Append(CultureInfo.InvariantCulture, $"<header><h1><a href=\"/\">Audit log</a></h1><span class=\"state{(status.State == "open" && status.Damage is null ? "" : " bad")}\">{Text(status.Damage is null ? status.State : "damaged")}</span></header>");
        if (status.Damage is { } damage) html.Append(CultureInfo.InvariantCulture, $"<p class=\"alarm panel\"><b>{Text(damage.ToString())}</b></p>");
        else if (status.Reason is { } reason) html.Append(CultureInfo.InvariantCulture, $"<p class=\"alarm panel\">{Text(reason)}</p>");
        if (status.CheckpointProblem is { } problem) html.Append(CultureInfo.InvariantCulture, $"<p class=\"alarm panel\">{Text(problem)}</p>");
        return html;
    }

    private static string End(StringBuilder html) => html.Append("</body></html>").ToString();

    private static void Card(StringBuilder html, string title, string value, params ReadOnlySpan<string> details)
    {
        html.Append(CultureInfo.InvariantCulture, $"<div class=\"card panel\"><h2>{title}</h2><b>{value}</b>");
        foreach (var detail in details) html.Append(CultureInfo.InvariantCulture, $"<small>{detail}</small>");
        html.Append("</div>");
    }

    private static void Input(StringBuilder html, string name, string label, string? value) =>
        html.Append(CultureInfo.InvariantCulture, $"<input name={name} aria-label={label} placeholder={label} value=\"{Text(value ?? "")}\">");

    private static void Table(StringBuilder html, IEnumerable<AuditRecord> records)
    {
        html.Append("<div class=panel><table><thead><tr><th>#<th>recorded<th>action<th>actor<th>user<th>run<th>subject<th>node</tr></thead><tbody>");
        foreach (var record in records)
        {
            var entry = record.Entry;
            var run = entry.RunId is { } id ? $"<a href=\"/runs/{Text(Uri.EscapeDataString(entry.RootRunId ?? id))}\">{Text(id)}</a>" : "";
            html.Append(CultureInfo.InvariantCulture, $"<tr><td class=n>{record.Sequence}<td class=when>{Time(record.RecordedAt)}<td class=\"what {Mark(entry.Action)}\">{Text(entry.Action)}<td>{Text(entry.Actor)}");
            html.Append(CultureInfo.InvariantCulture, $"<td>{Text(entry.Partition.UserId ?? "")}<td>{run}<td>{Text(entry.Subject ?? "")}<td>{Text(entry.Node ?? "")}</tr>");
        }

        html.Append("</tbody></table></div>");
    }

    private static string Mark(string action) => action switch
    {
        AuditAction.ToolCallDenied or AuditAction.GuardrailBlocked or AuditAction.AccessDenied => "fail",
        _ when action.EndsWith("_failed", StringComparison.Ordinal) => "fail",
        _ when action.EndsWith("_completed", StringComparison.Ordinal) => "done",
        _ when action.StartsWith("approval_", StringComparison.Ordinal) || action is AuditAction.SignalReceived or AuditAction.StepRetrying => "ask",
        _ when action.StartsWith("tool_", StringComparison.Ordinal) => "tool",
        _ when action.EndsWith("_started", StringComparison.Ordinal) => "run",
        _ => "other",
    };

    private static string Details(AuditRecord record)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"record {record.Sequence}, event {record.Entry.EventId}, key {record.KeyId}\nhash {record.LeafHash}\nmac  {record.Mac}");
        if (record.IsPayloadErased) text.Append("\npayload erased");
        else if (!record.Entry.Payload.IsEmpty) text.Append('\n').Append(Encoding.UTF8.GetString(record.Entry.Payload.Span));
        return text.ToString();
    }

    private static string NextPage(AuditQuery query, long next)
    {
        var parts = new List<string>();
        Add("user", query.Partition?.UserId);
        Add("session", query.SessionId);
        Add("run", query.RunId);
        Add("action", query.Action);
        Add("from", next.ToString(CultureInfo.InvariantCulture));
        return "/?" + string.Join('&', parts);

        void Add(string name, string? value)
        {
            if (value is not null) parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff' UTC'", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
