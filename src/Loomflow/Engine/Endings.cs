namespace Loomflow;

/// <summary>How attempts and workflows end: decided by their policies and by what happened, without doing anything.</summary>
internal static class Endings
{
    /// <summary>The terminal event of a workflow in which nothing can happen any more.</summary>
    public static RunEvent Of(Frame frame)
    {
        var name = frame.Parent?.Definition.Step.Name ?? frame.Graph.Name;
        var failure = frame.Failure;
        if (failure is null && frame.IsEnding)
        {
            return new RunCancelled { Path = frame.Path, Kind = RunKind.Workflow, Name = name, Reason = frame.CancelReason ?? "the run around it is ending", Usage = frame.Usage };
        }

        try
        {
            if (failure is null) return new RunCompleted { Path = frame.Path, Kind = RunKind.Workflow, Name = name, Output = Payload.Of(frame.CollectOutput()), Usage = frame.Usage };
        }
        catch (PayloadException unfit)
        {
            failure = Failure.From(unfit);
        }

        var siblings = frame.SiblingFailures.Count > 0 ? frame.SiblingFailures.ToArray() : null;
        return new RunFailed { Path = frame.Path, Kind = RunKind.Workflow, Name = name, Failure = failure with { Siblings = siblings }, Usage = frame.Usage };
    }

    /// <summary>How long steps of a workflow may take to stop. A map has no say of its own in that.</summary>
    public static TimeSpan GraceOf(Frame frame)
    {
        while (frame.Parent is { Definition.Step.Kind: StepKind.Map } mapped) frame = mapped.Frame;
        return frame.Graph.Options.CancellationGrace;
    }

    /// <summary>When the next attempt begins, if one follows.</summary>
    public static DateTimeOffset? RetryAt(NodeVisit visit, Failure failure, DateTimeOffset now)
    {
        var policy = visit.Definition.Step.Policy;
        if (policy.Retry is not { } retry || !retry.Allows(failure, visit.Attempts)) return null;
        var due = now + retry.DelayAfter(visit.Attempts, Random.Shared.NextDouble());
        return policy.Timeout is null || due < visit.StartedAt + policy.Timeout ? due : null;
    }

    /// <summary>What a failure means: what is reported, whether the run goes on, and with what.</summary>
    public static (Failure Failure, bool Handled, Payload Output) Detour(NodeVisit visit, Failure failure)
    {
        switch (visit.Definition.Step.Policy.OnFailure)
        {
            case FailurePolicy.Continue go:
                try
                {
                    return (failure, true, Payload.Of(go.Value(failure)));
                }
                catch (Exception unhandled)
                {
                    return (Failure.From(unhandled, visit.Path) with { Siblings = [failure] }, false, default);
                }

            case FailurePolicy.Deliver:
                return (failure, true, Payload.Of(failure));
            case FailurePolicy.Go:
                return (failure, true, visit.Frame.Graph.CarriesFailure(visit.Definition.FailureEdge!) ? Payload.Of(failure) : visit.Input);
            default:
                return (failure, false, default);
        }
    }
}
