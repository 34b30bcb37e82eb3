namespace Loomflow;

/// <summary>What a journal says about places inside steps, for the code that goes on from there.</summary>
internal sealed class JournalHistory : IRunHistory
{
    private readonly ILookup<string, RunEvent> _byPath;

    public JournalHistory(IEnumerable<RunEvent> journal) => _byPath = journal.ToLookup(e => e.Path, StringComparer.Ordinal);

    public IReadOnlyList<RunEvent> At(string path) => [.. _byPath[path]];
}
