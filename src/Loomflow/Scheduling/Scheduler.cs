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
        var next = visit.Phase switch
        {
            VisitPhase.Backoff => CommandKind.AwaitDue,
            VisitPhase.Choosing => CommandKind.Choose,
            VisitPhase.Working when !visit.Frame.Stopping || visit.Nested is { Status: not RunStatus.Running } => Continue(state, visit),
            _ => (CommandKind?)null,
        };
        command = next is { } kind
            ? new Command(kind, visit.Frame)
            {
                Visit = visit,
                Node = visit.Definition,
                Value = kind == CommandKind.Complete ? OutputOf(state, visit) : default,
                Failure = kind == CommandKind.Fail ? visit.InputFailure ?? visit.Nested!.Failure : null,
            }
            : default;
        return next is not null;
    }

    private static CommandKind? Continue(RunState state, NodeVisit visit) => visit.Definition.Step.Kind switch
    {
        _ when visit.InputFailure is not null => CommandKind.Fail,
        StepKind.Code or StepKind.Remote => CommandKind.CarryOut,
        StepKind.Workflow or StepKind.Map => visit.Nested?.Status switch
        {
            null => CommandKind.EnterNested,
            RunStatus.Running => null,
            RunStatus.Completed => CommandKind.Complete,
            RunStatus.Cancelled => CommandKind.Cancel,
            _ => CommandKind.Fail,
        },
        StepKind.Delay when visit.Asked => CommandKind.Complete,
        StepKind.Delay => visit.Due is null ? CommandKind.SetTimer : CommandKind.AwaitDue,
        StepKind.Approval when visit.Decision is not null => CommandKind.Complete,
        StepKind.Approval when !visit.Asked => CommandKind.Ask,
        StepKind.Approval => visit.Due is null ? null : CommandKind.AwaitDue,
        StepKind.Signal when state.HasSignal(((ISignalStep)visit.Definition.Step).Signal) => CommandKind.Complete,
        StepKind.Signal => AwaitSignal(state, visit),
        _ => throw new InvalidOperationException($"Unknown kind of step: {visit.Definition.Step.Kind}."),
    };

    private static CommandKind? AwaitSignal(RunState state, NodeVisit visit)
    {
        state.AwaitSignal(visit);
        return null;
    }

    private static Payload OutputOf(RunState state, NodeVisit visit) => visit.Definition.Step switch
    {
        ISignalStep signal => state.PeekSignal(signal.Signal).Data,
        IApprovalStep approval => Payload.Of(approval.Conclude(visit.Input, visit.Decision!)),
        _ when visit.Nested is { } nested => nested.Output,
        _ => visit.Input,
    };

    private static bool TryDecide(Frame frame, out Command command)
    {
        command = default;
        if (frame.Status != RunStatus.Running) return false;

        if (frame.Failure is not null || frame.Stopping)
        {
            if (frame.Working > 0 && frame.Stopping) return false;
            command = new Command(frame.Working > 0 ? CommandKind.Stop : CommandKind.End, frame);
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
                var failure = CapReached(frame, node);
                if (failure is not null) frame.Failure = failure;
                command = new Command(failure is null ? CommandKind.Begin : frame.Working > 0 ? CommandKind.Stop : CommandKind.End, frame) { Node = node };
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
