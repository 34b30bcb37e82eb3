namespace Loomflow;

/// <content>What a run waits for: timers, answers, deadlines and limits.</content>
internal sealed partial class RunDriver
{
    private ValueTask SetTimerAsync(NodeVisit visit)
    {
        _steps.OpenSpan(visit, _frames.Of(visit.Frame));
        return AppendAsync(new TimerSet { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Due = _context.Time.GetUtcNow() + ((IDelayStep)visit.Definition.Step).Duration }, visit);
    }

    private async ValueTask AskAsync(NodeVisit visit)
    {
        var run = _frames.Of(visit.Frame);
        _steps.OpenSpan(visit, run);
        var request = ((IApprovalStep)visit.Definition.Step).Request(visit.Input, RunApprovals.IdOf(_context.RunId, visit.Path, visit.Visit), _context.Time.GetUtcNow());
        await AppendAsync(new ApprovalRequested { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Request = request }, visit).ConfigureAwait(false);
        await _log.FlushAsync().ConfigureAwait(false);
        Approvals.Answer(request, decision => Post(new Arrival(ArrivalKind.Decided)
        {
            Value = new ApprovalDecided { Path = visit.Path, Visit = visit.Visit, ApprovalId = request.ApprovalId, Decision = decision },
        }), run.Token, Released);
    }

    private ValueTask AwaitDue(NodeVisit visit)
    {
        // Timers count whole milliseconds of a clock of their own, which is not always the one that says when something is due.
        var wait = visit.Due!.Value - _context.Time.GetUtcNow();
        _timers.Arm(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), new Arrival(ArrivalKind.Due) { Visit = visit, Attempt = visit.Attempts });
        return ValueTask.CompletedTask;
    }

    private ValueTask DueAsync(NodeVisit visit) => visit switch
    {
        { Frame.IsEnding: true } => ValueTask.CompletedTask,
        _ when visit.Due > _context.Time.GetUtcNow() => AwaitDue(visit),
        { Phase: VisitPhase.Backoff } => AppendAsync(_events.Started(visit.Path, visit.Visit, visit.Attempts + 1, visit.Input)),
        { Definition.Step.Kind: StepKind.Delay } => AppendAsync(new TimerFired { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts }, visit),
        { Definition.Step.Kind: StepKind.Approval, Decision: null } => DecideByDeadlineAsync(visit),
        _ => ValueTask.CompletedTask,
    };

    /// <summary>Writes the first answer down; whoever still waits for it, or asks again after a restart, is told.</summary>
    private async ValueTask DecideAsync(ApprovalDecided decided)
    {
        if (!_state.OpenApprovals.TryGetValue(decided.ApprovalId, out var asked)) return;

        // An answer from outside knows the question, not the place in the run that asked it.
        await AppendAsync(decided with { Path = asked.Path, Visit = asked.Visit, Attempt = asked.Attempt }).ConfigureAwait(false);
        Approvals.Know(decided);
    }

    /// <summary>Writes a signal down. One that came before, because whoever brings signals began again, is in the journal already.</summary>
    private ValueTask ReceiveAsync(SignalReceived signal) => _state.Signals.Knows(signal) ? ValueTask.CompletedTask : AppendAsync(signal);

    private ValueTask DecideByDeadlineAsync(NodeVisit visit)
    {
        var decision = new ApprovalDecision { Outcome = _state.OpenApprovals[visit.ApprovalId!].Request.Default, TimedOut = true };
        return DecideAsync(new ApprovalDecided { ApprovalId = visit.ApprovalId!, Decision = decision });
    }

    private ValueTask AwaitLimit(NodeVisit visit)
    {
        _timers.Arm(visit.Limit!.Value - _context.Time.GetUtcNow(), new Arrival(ArrivalKind.LimitReached) { Visit = visit, Attempt = visit.Attempts });
        return ValueTask.CompletedTask;
    }

    private ValueTask LimitReachedAsync(NodeVisit visit)
    {
        if (visit.Phase != VisitPhase.Working || visit.Frame.IsEnding) return ValueTask.CompletedTask;
        var failure = Failure.From(new TimeoutException($"Step '{visit.Node}' took longer than its timeout in attempt {visit.Attempts}."), visit.Path);
        return visit.Nested is { Status: RunStatus.Running } nested
            ? AppendAsync(new RunStopping { Path = nested.Path, Failure = failure })
            : FailAsync(visit, failure, Usage.None);
    }
}
