using Loomflow.Aspire.Orchestrator.Retention;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.Orchestrator.Tests.Running;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Audit;
using Loomflow.Redis.Runs;
using Loomflow.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Tests.Retention;

/// <summary>What is left of ended runs goes when its time is over, and not before every entry is audited.</summary>
public sealed class RetentionTests(RedisFixture fixture) : IDisposable
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly InMemoryAuditLog _audit = new();
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UtcNow);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _audit.Dispose();

    [Fact]
    public async Task EndedRuns_LoseTheirJournalsFirstAndThenGo_AndOthersStay()
    {
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, Workflow.Chain("quick", Step.Of((int n) => n, "same")), Workflow.Chain("waits", Waits.Signal<int, int>("go")));
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_redis);
        var sweeper = Sweeper(connection, new RetentionOptions { Runs = TimeSpan.FromDays(30), Journals = TimeSpan.FromDays(7) });
        var quick = (await replica.RunToEndAsync("quick", 1, Cancelled)).Header.Run.RunId;
        var waits = (await replica.Runs.StartAsync(new StartRun { Workflow = "waits", Input = Payload.Of(1), UserId = "alice" })).Header.Run.RunId;
        await replica.UntilAsync(waits, RunStatus.Waiting, Cancelled);
        await Replica.UntilAsync(async () => await connection.GetDatabase().SortedSetLengthAsync("loom:{queue}:ended") > 0, Cancelled);

        await sweeper.SweepAsync(Cancelled);
        (await replica.JournalAsync(quick)).ShouldNotBeEmpty();

        _time.Advance(TimeSpan.FromDays(8));
        await sweeper.SweepAsync(Cancelled);
        (await replica.JournalAsync(quick)).ShouldBeEmpty();
        var trimmed = (await replica.Store.GetAsync(quick))!;
        trimmed.Output.As<int>().ShouldBe(1);
        (await replica.Runs.FoldAsync(trimmed)).ShouldBeNull();
        (await Should.ThrowAsync<RunRefusedException>(() => replica.Runs.ForkAsync(Replica.Service, quick, "same", 1))).Refusal.ShouldBe(RunRefusal.JournalTrimmed);
        (await RefusalOfQuestionsAsync(replica, Replica.Service, quick)).ShouldBe(RunRefusal.JournalTrimmed);
        (await RefusalOfQuestionsAsync(replica, new Caller { Name = "eve", UserId = "eve" }, quick)).ShouldBe(RunRefusal.NoSuchRun);
        (await ListedAsync(replica)).ShouldBe([waits, quick], ignoreOrder: true);

        _time.Advance(TimeSpan.FromDays(30));
        await sweeper.SweepAsync(Cancelled);
        (await replica.Store.GetAsync(quick)).ShouldBeNull();
        (await ListedAsync(replica)).ShouldBe([waits]);
        (await replica.JournalAsync(waits)).ShouldNotBeEmpty();
        (await KeysOfAsync(connection, quick)).ShouldBeEmpty();
        (await connection.GetDatabase().SortedSetLengthAsync("loom:{queue}:trimmed")).ShouldBe(0);
    }

    [Fact]
    public async Task EndedRun_WhoseEntriesTheAuditLogDoesNotHaveYet_Stays()
    {
        var away = new AwayAuditLog();
        await using var replica = await Replica.StartAsync(_redis, away, s_lease, Workflow.Chain("quick", Step.Of((int n) => n, "same")));
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_redis);
        var sweeper = Sweeper(connection, new RetentionOptions { Runs = TimeSpan.FromDays(1) });
        var run = (await replica.RunToEndAsync("quick", 1, Cancelled)).Header.Run.RunId;

        _time.Advance(TimeSpan.FromDays(2));
        await sweeper.SweepAsync(Cancelled);

        (await replica.JournalAsync(run)).ShouldNotBeEmpty();
        (await ListedAsync(replica)).ShouldBe([run]);
    }

    [Fact]
    public void Options_OfZero_AreRefused() =>
        new RetentionOptions { Runs = TimeSpan.Zero, Journals = TimeSpan.FromDays(-1) }.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(this)).Count().ShouldBe(2);

    private RetentionSweeper Sweeper(IConnectionMultiplexer connection, RetentionOptions options) =>
        new(new RunRetention(connection), Options.Create(options), _time, NullLogger<RetentionSweeper>.Instance);

    private static async Task<IEnumerable<string>> ListedAsync(Replica replica) =>
        (await replica.List.ListAsync(Replica.Service, null, null, null, 50)).Runs.Select(run => run.Header.Run.RunId);

    private static async Task<RunRefusal> RefusalOfQuestionsAsync(Replica replica, Caller caller, string runId) =>
        (await Should.ThrowAsync<RunRefusedException>(() => replica.Approvals.OpenAsync(caller, runId))).Refusal;

    private static async Task<string[]> KeysOfAsync(ConnectionMultiplexer connection, string runId) =>
        (string[])(await connection.GetDatabase().ExecuteAsync("KEYS", $"*{runId}*"))!;

    private sealed class AwayAuditLog : IAuditLog
    {
        public ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default) => throw new AuditUnavailableException("away");
    }
}
