namespace Loomflow;

/// <summary>What a journal says about places inside steps, for the code that goes on from there.</summary>
internal sealed class JournalHistory(IReadOnlyList<RunEvent> journal) : IRunHistory
{
    private readonly ILookup<string, (RunEvent Event, int Index)> _byPath = journal.Select((e, index) => (e, index)).ToLookup(entry => entry.e.Path, StringComparer.Ordinal);

    public IReadOnlyList<RunEvent> At(string path) => [.. _byPath[path].Select(entry => entry.Event)];

    public IReadOnlyList<RunEvent>? Of(string path, int visit, int attempt)
    {
        var began = _byPath[path].LastOrDefault(entry => entry.Event is StepStarted { Inline: false } && entry.Event.Visit == visit && entry.Event.Attempt == attempt);
        if (began.Event is null) return null;

        var written = new List<RunEvent>();
        for (var i = began.Index + 1; i < journal.Count; i++)
        {
            var runEvent = journal[i];
            if (runEvent is not StepWaiting && runEvent.BelongsTo(path, visit)) written.Add(runEvent);
        }

        return written;
    }
}
