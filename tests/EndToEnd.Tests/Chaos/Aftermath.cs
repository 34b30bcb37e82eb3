namespace Loomflow.Aspire.EndToEnd.Tests.Chaos;

/// <summary>What has to be true of every run once everything that was broken is mended.</summary>
internal sealed class Aftermath(Topology system, string state)
{
    /// <summary>How many steps of a run of the workload are under way at the same time.</summary>
    private const int WidestFanOut = 3;

    private static readonly RunIdentity s_nobody = new() { RunId = "", Name = "", SessionId = "" };

    /// <summary>What was looked at, in numbers.</summary>
    public string Summary { get; private set; } = "";

    /// <summary>What was begun more than once, by idempotency key.</summary>
    public IReadOnlyList<string> Repeated { get; private set; } = [];

    /// <summary>What was begun when it had been completed already.</summary>
    public IReadOnlyList<Effect> Late { get; private set; } = [];

    /// <param name="started">The runs that clients started; their child runs are looked at, too.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    /// <param name="before">Runs from before these.</param>
    /// <returns>The runs that were looked at.</returns>
    public async Task<IReadOnlyCollection<string>> CheckAsync(IReadOnlyCollection<string> started, CancellationToken cancellationToken, IReadOnlySet<string>? before = null)
    {
        var journals = new Dictionary<string, IReadOnlyList<RunEvent>>();
        foreach (var runId in (await system.RunIdsAsync()).Where(runId => before?.Contains(runId) != true)) journals[runId] = await system.JournalAsync(runId);
        started.ShouldBeSubsetOf(journals.Keys, state);
        foreach (var (runId, journal) in journals) CheckJournal(runId, journal);

        var effects = Effect.ReadAll(system.EffectsDirectory).Where(effect => journals.ContainsKey(effect.RunId)).ToList();
        var owners = new Dictionary<string, long>();
        foreach (var runId in journals.Keys) owners[runId] = await system.OwnersAsync(runId);
        CheckEffects(journals, effects, owners);

        foreach (var (runId, journal) in journals) await CheckAuditAsync(runId, journal, cancellationToken);
        (await system.VerifyAsync(cancellationToken)).ShouldBeTrue(state);
        Summary = $"{started.Count} runs and {journals.Count - started.Count} child runs, {journals.Values.Sum(journal => journal.Count)} events, "
            + $"{effects.Count} effects, {Repeated.Count} of them repeated, as they were under way when something broke, {Late.Count} late; {state}";
        return journals.Keys;
    }

    private void CheckJournal(string runId, IReadOnlyList<RunEvent> journal)
    {
        var where = $"run {runId}, {state}";
        journal.Count(e => e.IsTerminal).ShouldBe(1, where);
        journal[^1].ShouldBeOfType<RunCompleted>($"{where}: {(journal[^1] as RunFailed)?.Failure}\n{system.Tails}");
        journal.Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, journal.Count).Select(i => (long)i), where);
        journal.OfType<StepCompleted>().GroupBy(e => (e.Path, e.Visit)).ShouldAllBe(step => step.Count() == 1, where);
        journal.OfType<ToolReturned>().GroupBy(e => (e.Path, e.Visit, e.CallId)).ShouldAllBe(call => call.Count() == 1, where);
    }

    /// <summary>
    /// Every step that is said to be completed was carried out, and none was begun again after that. An owner that stood still beyond its lease
    /// does not know that it has lost the run, and once it goes on it begins what it had in hand, the branches of one fan-out at most: the
    /// idempotency key is for that. A run that never changed hands has none of it.
    /// </summary>
    private void CheckEffects(Dictionary<string, IReadOnlyList<RunEvent>> journals, IReadOnlyList<Effect> effects, Dictionary<string, long> owners)
    {
        var completed = new Dictionary<string, DateTimeOffset>();
        foreach (var (runId, journal) in journals)
        {
            foreach (var step in journal.OfType<StepCompleted>()) completed[$"{runId}/{step.Path}#{step.Visit}"] = step.Time;
            foreach (var call in journal.OfType<ToolReturned>()) completed[$"{runId}/{call.Path}/{call.Tool}#{call.Visit}"] = call.Time;
        }

        var byKey = effects.ToLookup(effect => effect.Key);
        foreach (var done in byKey)
        {
            completed.ShouldContainKey(done.Key, state);
        }

        Late = [.. effects.Where(effect => effect.At > completed[effect.Key])];
        foreach (var run in Late.GroupBy(effect => effect.RunId))
        {
            run.Count().ShouldBeLessThanOrEqualTo(
                (int)(owners[run.Key] - 1) * WidestFanOut,
                $"{string.Join(", ", run)} of a run that had {owners[run.Key]} owners began after these steps had been completed; {state}");
        }

        string[] marked = ["validate", "reserve", "price", "greet", "ship", "close", "debit", "receipt"];
        completed.Keys.Where(key => marked.Any(name => key.EndsWith($"/{name}#1", StringComparison.Ordinal))).Where(key => !byKey.Contains(key)).ShouldBeEmpty(state);
        Repeated = [.. byKey.Where(effect => effect.Count() > 1).Select(effect => effect.Key)];
    }

    private async Task CheckAuditAsync(string runId, IReadOnlyList<RunEvent> journal, CancellationToken cancellationToken)
    {
        var expected = journal.Where(e => AuditMapper.Map(e, s_nobody) is not null).Select(e => $"{runId}/{e.Sequence}").ToArray();

        // The last entries of a run are forwarded after its end has been shown.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var page = await system.AuditAsync($"/v1/entries?run={runId}&pageSize=1000", cancellationToken);
            var found = page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("eventId").GetString()).ToArray();
            if (found.SequenceEqual(expected)) return;
            if (limit.IsCancellationRequested) found.ShouldBe(expected, $"run {runId}, {state}");
            await pause.WaitForNextTickAsync(cancellationToken);
        }
    }
}
