using System.Diagnostics;
using Google.Protobuf.Collections;

namespace Loomflow.V1;

/// <summary>
/// The spans of an execution, as a call of its own would have them: one where it is asked for, one where it is carried out. The trace context goes
/// along in the message that starts it, as it would in headers.
/// </summary>
public static class ExecutionSpans
{
    /// <summary>What both spans are called.</summary>
    public const string Name = "loomflow.v1.AgentWorker/Execute";

    /// <summary>Begins the asker's span, which is not the current one of the calling code, and writes into the message where in the trace the execution belongs.</summary>
    /// <returns>What to give to <see cref="End"/>; <see langword="null"/> when nobody records spans.</returns>
    public static Activity? Ask(StartExecution start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var current = Activity.Current;
        var span = Tag(LoomTelemetry.Source.StartActivity(Name, ActivityKind.Client));
        Activity.Current = current;
        DistributedContextPropagator.Current.Inject(span ?? current, start.Trace, static (carrier, name, value) => ((MapField<string, string>)carrier!)[name] = value);
        return span;
    }

    /// <summary>Ends the asker's span.</summary>
    public static void End(Activity? span, Grpc.Core.StatusCode status)
    {
        if (span is null) return;
        span.SetTag("rpc.grpc.status_code", (int)status);
        var current = Activity.Current;
        span.Stop();
        Activity.Current = current;
    }

    /// <summary>
    /// Begins the span of the execution, as the current one. Where nobody records spans it is still in the asker's trace, so that what is
    /// written down and asked for names it.
    /// </summary>
    public static Activity? CarryOut(StartExecution start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var propagator = DistributedContextPropagator.Current;
        propagator.ExtractTraceIdAndState(start.Trace, Get, out var id, out var state);
        if (!ActivityContext.TryParse(id, state, isRemote: true, out var parent)) return Tag(LoomTelemetry.Source.StartActivity(Name, ActivityKind.Server));

        var span = LoomTelemetry.Source.CreateActivity(Name, ActivityKind.Server, parent) ?? new Activity(Name).SetParentId(parent.TraceId, parent.SpanId, parent.TraceFlags);
        span.TraceStateString = state;
        foreach (var (key, value) in propagator.ExtractBaggage(start.Trace, Get) ?? []) span.AddBaggage(key, value);
        return Tag(span.Start());
    }

    private static Activity? Tag(Activity? span)
    {
        if (span is not { IsAllDataRequested: true }) return span;
        span.SetTag("rpc.system", "grpc");
        span.SetTag("rpc.service", "loomflow.v1.AgentWorker");
        return span.SetTag("rpc.method", "Execute");
    }

    private static void Get(object? carrier, string name, out string? value, out IEnumerable<string>? values)
    {
        values = null;
        ((MapField<string, string>)carrier!).TryGetValue(name, out value);
    }
}
