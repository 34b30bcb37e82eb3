namespace Loomflow.Aspire.EndToEnd.Tests.Chaos;

/// <summary>What has to be true of every run once everything that was broken is mended.</summary>
/// <param name="system">What was broken.</param>
/// <param name="state">What was done to it, for messages.</param>
/// <param name="stoodStill">How often an orchestrator stood still beyond its lease while it was at work.</param>
internal sealed class Aftermath(Topology system, string state, int stoodStill = 0)
{
    /// <summary>How many steps of its own, of all its runs, an orchestrator may have been about to begin when it stopped. Workers refuse what was about to be sent to them.</summary>
    private const int MostInHand = 4;

    private static readonly RunIdentity s_nobody = new() { RunId = "", Name = "", SessionId = "" };

    private Effect[] _late = [];

    /// <summary>What was looked at, in numbers.</summary>
    public string Summary { get; private set; } = "";

    /// <summary>What was begun more than once, by idempotency key.</summary>
    public IReadOnlyList<string> Repeated { get; private set; } = [];

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
        CheckEffects(journals, effects);

        foreach (var (runId, journal) in journals) await CheckAuditAsync(runId, journal, cancellationToken);
        (await system.VerifyAsync(cancellationToken)).ShouldBeTrue(state);
        Summary = $"{started.Count} runs and {journals.Count - started.Count} child runs, {journals.Values.Sum(journal => journal.Count)} events, "
            + $"{effects.Count} effects, {Repeated.Count} of them repeated, as they were under way when something broke, {_late.Length} late; {state}";
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
    /// Every step that is said to be completed was carried out, and none was begun again after that. An orchestrator that stood still makes certain of its
    /// lease before it begins anything; only what it was about to begin itself at the very moment that it stopped can come late: the idempotency key is for that.
    /// </summary>
    private void CheckEffects(Dictionary<string, IReadOnlyList<RunEvent>> journals, IReadOnlyList<Effect> effects)
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

        _late = [.. effects.Where(effect => effect.At > completed[effect.Key])];
        _late.Length.ShouldBeLessThanOrEqualTo(stoodStill * MostInHand, $"{string.Join(", ", (object[])_late)} began when they had been completed; {state}");

        string[] marked = ["validate", "reserve", "price", "greet", "ship", "close", "debit", "receipt"];
        completed.Keys.Where(key => marked.Any(name => key.EndsWith($"/{name}#1", StringComparison.Ordinal))).Where(key => !byKey.Contains(key)).ShouldBeEmpty(state);
        Repeated = [.. byKey.Where(effect => effect.Count() > 1).Select(effect => effect.Key)];
    }

    private async Task CheckAuditAsync(string runId, IReadOnlyList<RunEvent> journal, CancellationToken cancellationToken)
    {
        var expected = journal.Where(e => AuditMapper.Map(e, s_nobody) is not null).Select(e => $"{runId}/{e.Sequence}").ToArray();

        // The last entries of a run are forwarded after its end has been shown.
        string?[] found = [];
        await system.UntilAsync(
            async () =>
            {
                var page = await system.AuditAsync($"/v1/entries?run={runId}&pageSize=1000", cancellationToken);
                found = [.. page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("eventId").GetString())];
                return found.Length >= expected.Length;
            },
            () => $"the audit log has {string.Join(", ", expected)}; it has {string.Join(", ", found)}; {state}",
            cancellationToken);
        found.ShouldBe(expected, $"run {runId}, {state}");
    }
}
