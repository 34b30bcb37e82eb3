using System.Diagnostics;
using Loomflow.Security;
using OpenTelemetry;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>Leaves secrets out of exported spans.</summary>
internal sealed class ScrubbedSpans(SecretScrubber scrubber) : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        List<(string Key, string Value)>? changed = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is string text && scrubber.Scrub(text) is var scrubbed && scrubbed != text) (changed ??= []).Add((tag.Key, scrubbed));
        }

        foreach (var (key, value) in changed ?? []) data.SetTag(key, value);

        // A caller's own, which every span below its request would carry on.
        if (data.TraceStateString is { } state && scrubber.Scrub(state) != state) data.TraceStateString = null;
        if (data.StatusDescription is { } description && scrubber.Scrub(description) is var status && status != description) data.SetStatus(data.Status, status);
    }
}
