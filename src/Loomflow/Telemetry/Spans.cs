using System.Diagnostics;
using Loomflow.Security;

namespace Loomflow;

/// <summary>How spans are opened and ended. With no listener every call is a check of <see cref="ActivitySource.HasListeners"/> or of a null.</summary>
internal static class Spans
{
    // An exception's text cannot be changed once it is on a span, so the span knows what takes the secrets out.
    private const string ScrubberProperty = "loomflow.scrubber";

    /// <summary>
    /// Opens a span that says whose run it belongs to and, where it works for a step, for which one; <see langword="null"/> when nobody listens.
    /// Everything is given at creation, so that samplers see it.
    /// </summary>
    public static Activity? Start(
        string name,
        string pattern,
        RunContext context,
        StepScope? step,
        List<KeyValuePair<string, object?>> attributes,
        ActivityKind kind = ActivityKind.Internal,
        ActivityContext parent = default,
        ActivityLink? link = null)
    {
        attributes.Add(new(LoomTelemetry.Attributes.Pattern, pattern));
        attributes.Add(new(LoomTelemetry.Attributes.SessionId, context.SessionId));
        attributes.Add(new(LoomTelemetry.Attributes.RunId, context.RunId));
        if (context.UserId is { } user) attributes.Add(new(LoomTelemetry.Attributes.UserId, user));
        if (step is not null)
        {
            attributes.Add(new(LoomTelemetry.Attributes.Step, step.StepName));
            attributes.Add(new(LoomTelemetry.Attributes.Path, step.Path));
            attributes.Add(new(LoomTelemetry.Attributes.Visit, step.Visit));
            attributes.Add(new(LoomTelemetry.Attributes.Attempt, step.Attempt));
        }

        attributes.RemoveAll(static attribute => attribute.Value is null);
        var activity = LoomTelemetry.Source.StartActivity(kind, parent, attributes, link is { } one ? [one] : null, name: name);
        if (activity is not null && context.Services?.GetService(typeof(SecretScrubber)) is SecretScrubber scrubber) activity.SetCustomProperty(ScrubberProperty, scrubber);
        return activity;
    }

    /// <summary>Marks a span as failed, by convention of OpenTelemetry, without secrets.</summary>
    public static void Fail(this Activity? activity, Failure failure)
    {
        if (activity is null) return;
        var scrubber = activity.GetCustomProperty(ScrubberProperty) as SecretScrubber ?? SecretScrubber.Default;
        activity.SetStatus(ActivityStatusCode.Error, scrubber.Scrub(failure.Message));
        activity.SetTag(LoomTelemetry.Attributes.ErrorType, failure.Type.Length > 0 ? failure.Type : failure.Kind.ToString());
        if (failure.Exception is not { } exception) return;
        activity.AddException(exception, new TagList
        {
            { "exception.message", scrubber.Scrub(exception.Message) },
            { "exception.stacktrace", scrubber.Scrub(exception.ToString()) },
        });
    }

    /// <summary>Says how the work of a span ended. Being cancelled is an outcome of its own, not an error.</summary>
    public static void Conclude(this Activity? activity, string outcome, Failure? failure = null)
    {
        if (activity is null) return;
        activity.SetTag(LoomTelemetry.Attributes.Outcome, outcome);
        if (failure is not null) activity.Fail(failure);
    }

    /// <summary>Says that an exception ended the work of a span: a cancellation that was asked for, or an error.</summary>
    public static void ConcludeBy(this Activity? activity, Exception exception, CancellationToken cancellationToken)
    {
        if (activity is null) return;
        if (exception is OperationCanceledException && cancellationToken.IsCancellationRequested) activity.Conclude("cancelled");
        else activity.Conclude("failed", Failure.From(exception));
    }

    /// <summary>Gives a span the place of an event's audit entry, where that is known.</summary>
    public static void Audited(this Activity? activity, RunEvent runEvent)
    {
        if (activity is not null && runEvent.AuditSequence > 0) activity.SetTag(LoomTelemetry.Attributes.AuditSequence, runEvent.AuditSequence);
    }

    /// <summary>Ends a span that is not the current one of the calling code, and leaves the current one alone.</summary>
    public static void End(this Activity activity)
    {
        var current = Activity.Current;
        activity.Stop();
        if (!ReferenceEquals(current, activity)) Activity.Current = current;
    }
}
