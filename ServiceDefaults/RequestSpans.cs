using System.Diagnostics;
using OpenTelemetry;

namespace Loomflow.Aspire.ServiceDefaults;

/// <summary>
/// Names the spans of requests by method and route, as the HTTP conventions have it, and keeps those of health probes out of the
/// traces: they come every second and say nothing.
/// </summary>
internal sealed class RequestSpans : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("url.path") is TelemetryExtensions.HealthPath or TelemetryExtensions.AlivePath)
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
        else if (data.Kind == ActivityKind.Server && data.GetTagItem("http.request.method") is string method && data.GetTagItem("http.route") is string route)
        {
            data.DisplayName = $"{method} {route}";
        }
    }
}
