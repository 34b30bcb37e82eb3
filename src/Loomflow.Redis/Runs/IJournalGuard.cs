namespace Loomflow.Redis.Runs;

/// <summary>What every event of a run goes through on its way into the journal.</summary>
public interface IJournalGuard
{
    /// <summary>The event that is to be appended, which may be another one. It has no place in the run yet.</summary>
    RunEvent Admit(RunEvent runEvent);

    /// <summary>Writes an event that has its place, and gives it as it is written: the run goes on with that.</summary>
    /// <exception cref="PayloadException">A payload of the event cannot be written as JSON.</exception>
    JournalEntry Write(RunEvent runEvent);
}
