namespace Loomflow;

/// <summary>Journals for runs that begin where another one was. Pure: what is kept of one journal, numbered anew.</summary>
public static class RunForks
{
    /// <summary>
    /// What a run keeps that goes on from the failed step of another: everything that was completed. Visits that failed or were stopped,
    /// and the end of the run, are left out, so they happen again.
    /// </summary>
    public static IReadOnlyList<RunEvent> ForRetry(IReadOnlyList<RunEvent> journal)
    {
        ArgumentNullException.ThrowIfNull(journal);
        var lost = journal
            .Where(e => e is StepFailed { Handled: false, Inline: false } or StepCancelled)
            .Select(e => (e.Path, e.Visit))
            .ToHashSet();

        // A nested workflow that failed is lost with the visit that it is nested in; its completed steps happen again.
        return [.. journal.Where(e => !Ends(e) && !lost.Any(visit => e.BelongsTo(visit.Path, visit.Visit)))];
    }

    /// <summary>What a run keeps that begins just before a visit of another: everything until then.</summary>
    /// <exception cref="ArgumentException">The journal has no such visit.</exception>
    public static IReadOnlyList<RunEvent> From(IReadOnlyList<RunEvent> journal, string path, int visit)
    {
        ArgumentNullException.ThrowIfNull(journal);
        var begin = journal.TakeWhile(e => e is not StepStarted { Inline: false } || e.Path != path || e.Visit != visit).Count();
        return begin < journal.Count
            ? [.. journal.Take(begin)]
            : throw new ArgumentException($"The run never came to visit {visit} of '{path}'. It came to: {string.Join(", ", journal.OfType<StepStarted>().Select(e => $"'{e.Path}'").Distinct())}.", nameof(path));
    }

    private static bool Ends(RunEvent e) => e is RunStopping { Path: "" } or RunCompleted { Path: "" } or RunFailed { Path: "" } or RunCancelled { Path: "" };
}
