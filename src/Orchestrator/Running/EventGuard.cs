using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Redis.Runs;
using Loomflow.Security;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>
/// What every event of a run goes through before it is written down: secrets are taken out, and what is beyond the limits ends the run. The
/// run goes on with the event as it is written, so it is the same run when it is resumed.
/// </summary>
internal sealed class EventGuard(SecretScrubber? scrubber, RunLimits limits, long written, Action<Failure> stop, DeltaGuard? deltas = null) : IJournalGuard
{
    private long _written = written;

    public RunEvent Admit(RunEvent runEvent)
    {
        deltas?.EndBefore(runEvent);
        if (Interlocked.Increment(ref _written) == limits.MaxEvents + 1) stop(Capped($"The run has come to more than {limits.MaxEvents} events, which is the limit."));
        if (runEvent is RunCompleted { Path: "" } completed && completed.Output.ToJson().Length > limits.MaxOutputBytes)
        {
            return new RunFailed
            {
                Kind = completed.Kind,
                Name = completed.Name,
                Failure = Capped($"The run's output has {completed.Output.ToJson().Length} bytes; at most {limits.MaxOutputBytes} are kept."),
                Usage = completed.Usage,
            }.TracedAs(completed);
        }

        return runEvent;
    }

    public JournalEntry Write(RunEvent runEvent)
    {
        var entry = JournalEntry.Of(runEvent);
        return scrubber?.TryScrubJson(entry.Json.Span, out var scrubbed) == true ? new JournalEntry(RunEventJson.Read(scrubbed), scrubbed) : entry;
    }

    private static Failure Capped(string message) => new() { Kind = FailureKind.Capped, Type = nameof(WorkflowCapException), Message = message };
}
