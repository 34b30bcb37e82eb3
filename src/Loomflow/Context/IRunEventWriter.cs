using System.Diagnostics;

namespace Loomflow;

/// <summary>Takes the events of a run. Appending is the durable write where there is a journal.</summary>
public interface IRunEventWriter
{
    /// <summary>
    /// Stamps the event with sequence number, time and run, and appends it. When the call returns, the event is as durable
    /// as the run is. A failure to append (journal lost, audit log refuses) is thrown and must stop the work it announces.
    /// </summary>
    ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default);

    /// <summary>
    /// Appends an event that is durable only after the next <see cref="FlushAsync"/>: for whoever writes several at once and begins nothing in
    /// between. The same as <see cref="AppendAsync"/> where there is nothing to gain.
    /// </summary>
    ValueTask<RunEvent> StageAsync(RunEvent runEvent) => AppendAsync(runEvent, CancellationToken.None);

    /// <summary>Makes durable what was staged.</summary>
    ValueTask FlushAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// Waits until the audit log has a staged and flushed event that it must have before what the event announces begins; at once for all others.
    /// </summary>
    ValueTask WaitForAuditAsync(RunEvent runEvent, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// Waits, right before a step begins, until nothing is against it: the run is certainly this host's to work on, and the audit log has what was
    /// flushed, where the run's <see cref="Audit.AuditPolicy"/> asks for it.
    /// </summary>
    ValueTask WaitToBeginAsync(string path, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Says to whoever looks at the run that a step no longer waits for what its last <see cref="StepWaiting"/> tells. Not journaled.</summary>
    ValueTask NoteGoesOnAsync(string path) => ValueTask.CompletedTask;

    /// <summary>
    /// Ends the span of something that ended with an event, and gives it the place of the event's audit entry. Where that is not known yet the span
    /// ends a little later, with the time of now; nobody waits for it.
    /// </summary>
    void EndSpan(Activity span, RunEvent last)
    {
        span.Audited(last);
        span.End();
    }

    /// <summary>
    /// Whether anybody looks at an event once it was appended. Where nobody does (no journal, no audit log, no stream), the engine uses the
    /// same few objects again for events that come in masses.
    /// </summary>
    bool KeepsEvents => true;

    /// <summary>Whether somebody may be watching, so that models are asked to answer piece by piece.</summary>
    bool WantsDeltas => true;

    /// <summary>Shows a piece of a model's answer to whoever watches. Not journaled; dropped where nobody watches.</summary>
    ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default);
}
