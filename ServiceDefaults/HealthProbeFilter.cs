using System.Diagnostics;
using OpenTelemetry;

namespace Loomflow.Aspire.ServiceDefaults;

/// <summary>Keeps the spans of health probes out of the traces: they come every second and say nothing.</summary>
internal sealed class HealthProbeFilter : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("url.path") is TelemetryExtensions.HealthPath or TelemetryExtensions.AlivePath)
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
