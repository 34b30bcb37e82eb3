namespace Loomflow;

/// <summary>
/// Decides what a run does next. Pure: looks at the state and at nothing else. The engine carries out one command, which changes
/// the state through events, and asks again.
/// </summary>
internal static class Scheduler
{
    /// <summary>The next thing to do, or <see langword="false"/> when the run waits for something from outside.</summary>
    public static bool TryNext(RunState state, out Command command)
    {
        while (state.ChangedVisits.TryDequeue(out var visit))
        {
            if (TryDecide(state, visit, out command)) return true;
        }

        while (state.ChangedFrames.TryPeek(out var frame))
        {
            if (TryDecide(frame, out command)) return true;
            frame.Queued = false;
            state.ChangedFrames.Dequeue();
        }

        command = default;
        return false;
    }

    private static bool TryDecide(RunState state, NodeVisit visit, out Command command)
    {
        var decided = visit.Phase switch
        {
            VisitPhase.Backoff when !visit.Frame.IsEnding => new Command(CommandKind.AwaitDue, visit.Frame),
            VisitPhase.Choosing when !visit.Frame.IsEnding => new Command(CommandKind.Choose, visit.Frame),
            VisitPhase.Working when visit.Nested is { Status: not RunStatus.Running } nested => Conclude(visit.Frame, nested),
            VisitPhase.Working when !visit.Frame.IsEnding => Continue(state, visit),
            _ => (Command?)null,
        };
        command = decided is { } known ? known with { Visit = visit, Node = visit.Definition } : default;
        return decided is not null;
    }

    private static Command Conclude(Frame frame, Frame nested) => nested.Status switch
    {
        RunStatus.Completed => new Command(CommandKind.Complete, frame) { Value = nested.Output },
        RunStatus.Cancelled => new Command(CommandKind.Cancel, frame),
        _ => new Command(CommandKind.Fail, frame) { Failure = nested.Failure },
    };

    private static Command? Continue(RunState state, NodeVisit visit)
    {
        if (visit.InputFailure is not null) return new Command(CommandKind.Fail, visit.Frame) { Failure = visit.InputFailure };
        if (visit.Definition.Step.Kind is StepKind.Code or StepKind.Remote) return new Command(CommandKind.CarryOut, visit.Frame);
        if (visit.Limit is not null && visit.LimitedAttempt != visit.Attempts)
        {
            visit.LimitedAttempt = visit.Attempts;
            state.ChangedVisits.Enqueue(visit);
            return new Command(CommandKind.AwaitLimit, visit.Frame);
        }

        return visit.Definition.Step.Kind switch
        {
            StepKind.Workflow or StepKind.Map => visit.Nested is null ? new Command(CommandKind.EnterNested, visit.Frame) : null,
            StepKind.Delay when visit.Asked => Complete(visit, visit.Input),
            StepKind.Delay => new Command(visit.Due is null ? CommandKind.SetTimer : CommandKind.AwaitDue, visit.Frame),
            StepKind.Approval when visit.Decision is not null => Complete(visit, static visit => ((IApprovalStep)visit.Definition.Step).Conclude(visit.Input, visit.Decision!)),
            StepKind.Approval when !visit.Asked => new Command(CommandKind.Ask, visit.Frame),
            StepKind.Approval => visit.Due is null ? null : new Command(CommandKind.AwaitDue, visit.Frame),
            StepKind.Signal when state.Signals.TryPeek(((ISignalStep)visit.Definition.Step).Signal, out var signal) => Complete(visit, visit => signal.Data.As(visit.Definition.Step.OutputType)),
            StepKind.Signal => AwaitSignal(state, visit),
            _ => throw new InvalidOperationException($"Unknown kind of step: {visit.Definition.Step.Kind}."),
        };
    }

    private static Command Complete(NodeVisit visit, Payload value) => new(CommandKind.Complete, visit.Frame) { Value = value };

    /// <summary>What came from outside may not be what the step gives: that fails the step, not the run's engine.</summary>
    private static Command Complete(NodeVisit visit, Func<NodeVisit, object?> read)
    {
        try
        {
            return Complete(visit, Payload.Of(read(visit)));
        }
        catch (PayloadException unfit)
        {
            return new Command(CommandKind.Fail, visit.Frame) { Failure = Failure.From(unfit, visit.Path) };
        }
    }

    private static Command? AwaitSignal(RunState state, NodeVisit visit)
    {
        state.Signals.Await(visit);
        return null;
    }

    private static bool TryDecide(Frame frame, out Command command)
    {
        command = default;
        if (frame.Status != RunStatus.Running) return false;

        if (frame.IsEnding)
        {
            var busy = frame.Working > 0 || frame.ChoiceUnderWay;
            // Without a cause of its own it is stopped from the workflow around it.
            if (busy && (frame.Stopping || !frame.HasCauseToEnd)) return false;
            command = new Command(busy ? CommandKind.Stop : CommandKind.End, frame);
            return true;
        }

        if (frame.ChoosingEntry)
        {
            if (frame.ChoiceUnderWay) return false;
            command = new Command(CommandKind.Choose, frame);
            return true;
        }

        // Looking for quiescence can make a join ready, so look for something to begin again afterwards.
        for (var looked = false; ; looked = true)
        {
            if (frame.NextToBegin is { } node)
            {
                var capped = CapReached(frame, node);
                command = new Command(capped is null ? CommandKind.Begin : CommandKind.Halt, frame) { Node = node, Failure = capped };
                return true;
            }

            if (frame.IsQuiescent())
            {
                command = new Command(CommandKind.End, frame);
                return true;
            }

            if (looked || !frame.HasReady) return false;
        }
    }

    private static Failure? CapReached(Frame frame, Node node)
    {
        var options = frame.Graph.Options;
        var cap = frame.Steps >= options.MaxSteps ? (nameof(options.MaxSteps), options.MaxSteps)
            : frame.VisitsOf(node) >= options.MaxVisitsPerNode ? (nameof(options.MaxVisitsPerNode), options.MaxVisitsPerNode)
            : ((string Name, int Limit)?)null;
        return cap is { } reached
            ? Failure.From(new WorkflowCapException(frame.Graph.Name, node.Name, reached.Name, reached.Limit), node.Name)
            : null;
    }
}
