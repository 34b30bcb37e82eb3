using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.Orchestrator.Tests.Running;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Audit;
using Loomflow.Redis.Runs;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Runs;

/// <summary>Lists have the runs that their reader may see, and neither their pages nor their cursors say anything of others.</summary>
public sealed class RunListTests(RedisFixture fixture)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);
    private static readonly string[] s_users = ["acme/alice", "acme/bob", "evil/eve", "carol"];

    private readonly string _redis = fixture.Redis.NewDatabase();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lists_PageByPage_HaveAllThatTheCallerMaySeeAndNothingElse()
    {
        using var audit = new InMemoryAuditLog();
        var one = await Replica.StartAsync(_redis, audit, s_lease, Workflow.Chain("changed", Waits.Signal<int, int>("go")));
        var owners = new Dictionary<string, string>();
        for (var i = 0; i < 3; i++)
        {
            foreach (var user in s_users) owners.Add((await one.Runs.StartAsync(new StartRun { Workflow = "changed", Input = Payload.Of(i), UserId = user })).Header.Run.RunId, user);
        }

        foreach (var run in owners.Keys) await one.UntilAsync(run, RunStatus.Waiting, Cancelled);
        await one.DisposeAsync();

        // No orchestrator has the graph any more that they were begun on.
        await using var two = await Replica.StartAsync(_redis, audit, s_lease, Workflow.Chain("changed", Step.Of((int n) => n, "other")));
        foreach (var run in owners.Keys) await two.Runs.SignalAsync(Replica.Service, run, new SignalReceived { Name = "go", Data = Payload.Of(1) });
        foreach (var run in owners.Keys) await two.UntilAsync(run, RunStatus.Parked, Cancelled);

        (Caller Caller, string[] Users)[] callers =
        [
            (Replica.Service, s_users),
            (new Caller { Name = "system", IsAdmin = true }, s_users),
            (new Caller { Name = "acme", IsAdmin = true, Tenant = "acme" }, ["acme/alice", "acme/bob"]),
            (new Caller { Name = "alice", Tenant = "acme", UserId = "acme/alice" }, ["acme/alice"]),
            (new Caller { Name = "carol", UserId = "carol" }, ["carol"]),
            (new Caller { Name = "acm", IsAdmin = true, Tenant = "acm" }, []),
        ];
        foreach (var (caller, users) in callers)
        {
            var theirs = owners.Where(run => users.Contains(run.Value)).Select(run => run.Key).ToArray();
            await ShouldListAsync(cursor => two.List.ListAsync(caller, null, null, cursor, 2), theirs, owners.Keys);
            await ShouldListAsync(cursor => two.List.ListAsync(caller, "changed", "parked", cursor, 2), theirs, owners.Keys);
            await ShouldListAsync(cursor => two.List.ListParkedAsync(caller, cursor, 2), theirs, owners.Keys);
        }
    }

    [Fact]
    public async Task List_ForAWholeTenantsKeyThatIsNoAdmins_AsksWhose()
    {
        await using var replica = await Replica.StartAsync(_redis, new InMemoryAuditLog(), s_lease, Workflow.Chain("same", Step.Of((int n) => n, "same")));

        await Should.ThrowAsync<CallerRefusedException>(() => replica.List.ListAsync(new Caller { Name = "acme", Tenant = "acme" }, null, null, null, 2));
    }

    private static async Task ShouldListAsync(Func<string?, Task<(IReadOnlyList<RunRecord> Runs, string? Next)>> list, IEnumerable<string> theirs, IEnumerable<string> all)
    {
        var listed = new List<string>();
        string? cursor = null;
        do
        {
            var (runs, next) = await list(cursor);
            listed.AddRange(runs.Select(run => run.Header.Run.RunId));
            all.Except(theirs).Where(other => next?.Contains(other, StringComparison.Ordinal) == true).ShouldBeEmpty();
            cursor = next;
        }
        while (cursor is not null);

        listed.ShouldBe(theirs, ignoreOrder: true);
    }
}
