using System.Globalization;
using System.Net;
using System.Text;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Page;

/// <summary>Writes the pages. Everything that comes from the log goes through <see cref="Text"/> on its way.</summary>
internal static class AuditHtml
{
    private const string Style =
        """
        :root { color-scheme: light dark; --line: #8883; --soft: #8881; --dim: #888; --good: #1a7f4b; --bad: #c62f2f; --accent: #3b5bdb; }
        * { box-sizing: border-box }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
        h1 { font-size: 1.4rem; margin: 0 } h1 a { color: inherit; text-decoration: none } h2 { font-size: 1.05rem; margin: 2rem 0 .6rem }
        header { display: flex; justify-content: space-between; align-items: baseline; flex-wrap: wrap; gap: .5rem; margin-bottom: 1.5rem }
        code, pre, .mono { font: 13px/1.55 ui-monospace, monospace }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .75rem }
        .card { border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem } .card b { display: block; font-size: 1.35rem; font-weight: 600 }
        .card small, .dim { color: var(--dim) } .card small { overflow-wrap: anywhere }
        .state { border-radius: 1rem; padding: .1rem .7rem; color: #fff; background: var(--good) } .state.bad { background: var(--bad) }
        .alarm { border-left: .3rem solid var(--bad); background: var(--soft); padding: .6rem 1rem; margin: 1rem 0 }
        form { display: flex; flex-wrap: wrap; gap: .5rem } input { flex: 1 1 9rem } input, button { font: inherit; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: .4rem }
        button { background: var(--accent); color: #fff; border-color: transparent; cursor: pointer }
        .scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: 14px } th { text-align: left; color: var(--dim); font-weight: 500 }
        th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap } td.wide { white-space: normal; overflow-wrap: anywhere }
        .trail { margin: 0; padding: 0; list-style: none } .trail li { border-left: 2px solid var(--line); padding: .1rem 0 .1rem .8rem }
        .trail li.fail { border-color: var(--bad) } details { display: inline } summary { cursor: pointer; list-style: none; display: inline } pre { background: var(--soft); padding: .6rem; border-radius: .4rem; overflow-x: auto; margin: .3rem 0 }
        a { color: var(--accent) }
        """;

    public static string Home(LogStatusReport status, AuditQuery query, AuditPage page, bool isSearch)
    {
        var html = Begin(status, "Audit log");
        html.Append("<section class=cards>");
        Card(html, status.Size.ToString("N0", CultureInfo.InvariantCulture), "records", $"signed with key {Text(status.ActiveKey)}");
        if (status.Checkpoint is { } checkpoint) Card(html, checkpoint.Size.ToString("N0", CultureInfo.InvariantCulture), $"in the checkpoint of {Time(checkpoint.Time)}", $"root {checkpoint.Root}");
        else Card(html, "none", "checkpoint", "the first one follows soon");
        if (status.LastVerificationTime is { } verified)
        {
            Card(html, status.Damage is null ? "intact" : "damaged", $"at the verification of {Time(verified)}",
                string.Create(CultureInfo.InvariantCulture, $"up to record {status.LastVerifiedSequence}, in {status.LastVerificationSeconds:0.00} s"));
        }
        else
        {
            Card(html, "running", "verification", "the first one runs when the service starts");
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
        html.Append(CultureInfo.InvariantCulture, $"<p class=dim>user {Text(entry.Partition.ToString())} · session {Text(entry.SessionId ?? "none")} · trace <code>{Text(entry.TraceId ?? "none")}</code> · <a href=\"/v1/runs/{Text(Uri.EscapeDataString(runId))}/trail\">as text</a></p>");
        html.Append("<ol class=trail>");
        foreach (var line in AuditTrail.Lines(records))
        {
            var failed = line.Record.Entry.Action.EndsWith("_failed", StringComparison.Ordinal) || line.Record.Entry.Action is AuditAction.ToolCallDenied or AuditAction.GuardrailBlocked;
            html.Append(CultureInfo.InvariantCulture, $"<li{(failed ? " class=fail" : "")} style=\"margin-left:{1.4 * line.Depth:0.0}rem\"><details><summary><code>{Text(line.Text)}</code> <span class=dim>{Time(line.Record.Entry.Time)}</span></summary><pre>{Text(Details(line.Record))}</pre></details></li>");
        }

        return End(html.Append("</ol>"));
    }

    private static StringBuilder Begin(LogStatusReport status, string title)
    {
        var html = new StringBuilder(16 * 1024);
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\"><title>{Text(title)}</title><style>{Style}</style></head><body>");
        html.Append(CultureInfo.InvariantCulture, $"<header><h1><a href=\"/\">Audit log</a></h1><span><code class=dim>{Text(status.LogId)}</code> <span class=\"state{(status.State == "open" && status.Damage is null ? "" : " bad")}\">{Text(status.Damage is null ? status.State : "damaged")}</span></span></header>");
        if (status.Damage is { } damage) html.Append(CultureInfo.InvariantCulture, $"<p class=alarm><b>{Text(damage.ToString())}</b></p>");
        else if (status.Reason is { } reason) html.Append(CultureInfo.InvariantCulture, $"<p class=alarm>{Text(reason)}</p>");
        if (status.CheckpointProblem is { } problem) html.Append(CultureInfo.InvariantCulture, $"<p class=alarm>{Text(problem)}</p>");
        return html;
    }

    private static string End(StringBuilder html) => html.Append("</body></html>").ToString();

    private static void Card(StringBuilder html, string value, string label, string detail) =>
        html.Append(CultureInfo.InvariantCulture, $"<div class=card><b>{value}</b>{label}<br><small>{detail}</small></div>");

    private static void Input(StringBuilder html, string name, string label, string? value) =>
        html.Append(CultureInfo.InvariantCulture, $"<input name={name} aria-label={label} placeholder={label} value=\"{Text(value ?? "")}\">");

    private static void Table(StringBuilder html, IEnumerable<AuditRecord> records)
    {
        html.Append("<div class=scroll><table><thead><tr><th>#<th>recorded<th>action<th>actor<th>user<th>run<th>subject<th>node</tr></thead><tbody>");
        foreach (var record in records)
        {
            var entry = record.Entry;
            var run = entry.RunId is { } id ? $"<a href=\"/runs/{Text(Uri.EscapeDataString(entry.RootRunId ?? id))}\">{Text(id)}</a>" : "";
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{record.Sequence}<td>{Time(record.RecordedAt)}<td>{Text(entry.Action)}<td>{Text(entry.Actor)}<td>{Text(entry.Partition.UserId ?? "")}<td>{run}<td>{Text(entry.Subject ?? "")}<td class=wide>{Text(entry.Node ?? "")}</tr>");
        }

        html.Append("</tbody></table></div>");
    }

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

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
