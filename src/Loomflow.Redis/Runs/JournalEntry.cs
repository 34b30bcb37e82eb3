namespace Loomflow.Redis.Runs;

/// <summary>An event and the JSON with which it goes into a journal.</summary>
public readonly record struct JournalEntry(RunEvent Event, ReadOnlyMemory<byte> Json)
{
    /// <summary>An event as it is.</summary>
    /// <exception cref="PayloadException">A payload of the event cannot be written as JSON.</exception>
    public static JournalEntry Of(RunEvent runEvent) => new(runEvent, RunEventJson.Write(runEvent));
}
