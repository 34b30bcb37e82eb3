namespace Loomflow;

/// <content>How attempts, workflows and the run end, and how what is under way is stopped.</content>
internal sealed partial class RunDriver
{
    private ValueTask StepEndedAsync(Arrival arrival)
    {
        var visit = arrival.Visit!;
        var usage = arrival.Usage ?? Usage.None;
        return arrival.Error is null ? CompleteAsync(visit, Payload.Of(arrival.Value), usage)
            : visit.Frame.Stopping && arrival.Error is OperationCanceledException ? CancelAsync(visit, abandoned: false, usage)
            : FailAsync(visit, Failure.From(arrival.Error, visit.Path), usage);
    }

    private ValueTask CompleteAsync(NodeVisit visit, Payload output, Usage usage) =>
        CloseAsync(visit, _events.Completed(visit, output, usage), "completed");

    private ValueTask FailAsync(NodeVisit visit, Failure failure, Usage usage)
    {
        // What cannot be its input fails a step before it begins; it is in the trace all the same.
        if (visit.InputFailure is not null) _steps.OpenSpan(visit, _frames.Of(visit.Frame));
        if (!visit.Frame.IsEnding && Endings.RetryAt(visit, failure, _context.Time.GetUtcNow()) is { } due)
        {
            return CloseAsync(visit, new StepRetrying { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Failure = failure, Due = due, Usage = usage }, "retrying", failure);
        }

        var (reported, handled, output) = visit.Frame.IsEnding ? (failure, false, default) : Endings.Detour(visit, failure);
        return CloseAsync(visit, new StepFailed { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Failure = reported, Handled = handled, Output = output, Usage = usage }, "failed", reported);
    }

    private ValueTask CancelAsync(NodeVisit visit, bool abandoned, Usage? usage = null)
    {
        var reason = _state.Root!.CancelReason ?? "the run is ending";
        return CloseAsync(
            visit,
            new StepCancelled { Path = visit.Path, Visit = visit.Visit, Attempt = visit.Attempts, Reason = reason, Abandoned = abandoned, Usage = usage ?? visit.Nested?.Usage ?? Usage.None },
            "cancelled");
    }

    /// <summary>Writes down how an attempt ended.</summary>
    private ValueTask CloseAsync(NodeVisit visit, RunEvent ended, string outcome, Failure? failure = null)
    {
        var began = visit.AttemptStartedAt;
        var appended = AppendAsync(ended, visit);
        if (visit.ApprovalId is { } asked) Approvals.Withdraw(asked);
        return visit.Span is null && !RunMetrics.MeasuresSteps ? appended : _steps.ReportAsync(visit, appended, ended, began, outcome, failure);
    }

    /// <summary>What an earlier owner left under way has no span here yet; code gets its own when it begins, waits do not begin again.</summary>
    private void OpenSpans()
    {
        if (!LoomTelemetry.Source.HasListeners()) return;
        foreach (var visit in _state.CurrentVisits().Where(visit => visit.Phase == VisitPhase.Working)) _steps.OpenSpan(visit, _frames.Of(visit.Frame));
    }

    /// <summary>Whatever is still open here goes on elsewhere, or later: its spans must not stay open with it.</summary>
    private void LeaveSpans(string outcome)
    {
        if (!LoomTelemetry.Source.HasListeners()) return;
        foreach (var visit in _state.CurrentVisits()) StepRunner.LeaveSpan(visit, outcome);
        _frames.LeaveSpans(outcome);
    }

    private ValueTask HaltRunAsync(RunStopping stopping) =>
        _state.Root is { IsEnding: false } ? AppendAsync(stopping) : ValueTask.CompletedTask;

    /// <summary>Has everything under way in a frame stop: code through its token, nested workflows through themselves, waits at once.</summary>
    private async ValueTask StopAsync(Frame frame)
    {
        await TellToStopAsync(frame).ConfigureAwait(false);
        if (frame.Working > 0 || frame.ChoiceUnderWay) _timers.Arm(Endings.GraceOf(frame), new Arrival(ArrivalKind.GraceOver) { Frame = frame });
    }

    private async ValueTask TellToStopAsync(Frame frame)
    {
        if (frame.Stopping) return;
        frame.Stopping = true;
        _frames.Of(frame).Stop();
        _state.Changed(frame);
        foreach (var visit in frame.CurrentVisits().ToArray())
        {
            if (visit.Nested is { Status: RunStatus.Running } nested) await TellToStopAsync(nested).ConfigureAwait(false);
            else if (!visit.CodeUnderWay) await CancelAsync(visit, abandoned: false).ConfigureAwait(false);
        }
    }

    /// <summary>Leaves behind what has not stopped in time.</summary>
    private async ValueTask AbandonVisitsAsync(Frame frame)
    {
        if (frame.Status != RunStatus.Running) return;
        frame.ChoiceUnderWay = false;
        _state.Changed(frame);
        foreach (var visit in frame.CurrentVisits().ToArray())
        {
            if (visit.Nested is { Status: RunStatus.Running } nested) await AbandonVisitsAsync(nested).ConfigureAwait(false);
            else await CancelAsync(visit, abandoned: true).ConfigureAwait(false);
        }
    }

    private async ValueTask EndAsync(Frame frame)
    {
        var last = Endings.Of(frame);
        await AppendAsync(last).ConfigureAwait(false);
        _frames.Close(frame, last);
        if (frame.Parent is not null) return;
        Last = last;
        RunMetrics.RunEnded("workflow", _state.Graph.Name, WorkflowSpan.OutcomeOf(frame.Status), last.Time - _state.StartedAt);
    }

    /// <summary>The log is gone: stop all work and wait for it, so that nothing goes on unrecorded.</summary>
    private async Task AbandonAsync()
    {
        await _letGo.CancelAsync().ConfigureAwait(false);
        _frames.StopAll();
        using var grace = new CancellationTokenSource(_state.Graph.Options.CancellationGrace, _context.Time);
        try
        {
            while (_steps.UnderWay > 0) _steps.Arrived(await _arrivals.Reader.ReadAsync(grace.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Steps that do not stop are left behind.
        }
    }
}
