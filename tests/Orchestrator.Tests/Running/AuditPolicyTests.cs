using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Audit;
using Loomflow.Redis.Runs;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>What runs wait for when the audit log is away, and that it has everything once when it is back.</summary>
public sealed class AuditPolicyTests(RedisFixture fixture)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly AwayAuditLog _audit = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Strict_WithTheLogAway_NoStepBeginsUntilItIsBack()
    {
        var begun = 0;
        var workflow = Upper(new WorkflowOptions { AuditPolicy = AuditPolicy.Strict }, () => Interlocked.Increment(ref begun));
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, workflow);
        var run = await replica.Runs.StartAsync(new StartRun { Workflow = "upper", Input = Payload.Of("hello"), UserId = "alice" });

        await _audit.RefusedAsync(3, Cancel);
        await Replica.UntilAsync(async () => (await replica.JournalAsync(run.Header.Run.RunId)).OfType<StepStarted>().Any(), Cancel);
        var first = (await replica.JournalAsync(run.Header.Run.RunId)).OfType<StepStarted>().First().Path;
        await _audit.RefusedAsync(2, Cancel);
        begun.ShouldBe(0);
        await Replica.UntilAsync(async () => (await replica.Store.GetAsync(run.Header.Run.RunId))!.Reason == $"'{first}' waits for the audit log.", Cancel);

        _audit.ComeBack();
        run = await replica.EndOfAsync(run, Cancel);
        run.Reason.ShouldBeNull();
        await AssertOnRecordAsync(replica, run);
        begun.ShouldBe(1);
    }

    [Theory]
    [InlineData(AuditPolicy.Decisions)]
    [InlineData(AuditPolicy.Buffered)]
    public async Task Otherwise_WithTheLogAway_StepsGoOnAndNothingIsLost(AuditPolicy policy)
    {
        var workflow = Upper(new WorkflowOptions { AuditPolicy = policy }, () => { });
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, workflow);

        var run = await replica.RunToEndAsync("upper", "hello", Cancel);
        _audit.Log.Count.ShouldBe(1);

        _audit.ComeBack();
        await AssertOnRecordAsync(replica, run);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Payloads_AreASummaryOrWholeAsTheWorkflowAsks(bool whole)
    {
        _audit.ComeBack();
        var input = new string('x', 2 * AuditMapper.SummaryLength);
        await using var replica = await Replica.StartAsync(_redis, _audit, s_lease, Upper(new WorkflowOptions { AuditFullContent = whole }, () => { }));

        var run = await replica.RunToEndAsync("upper", input, Cancel);
        await replica.UntilAuditedAsync(run.Header.Run.RunId, Cancel);

        var payload = System.Text.Encoding.UTF8.GetString(_audit.Log.Query(new AuditQuery { Action = AuditAction.WorkflowStarted })[0].Entry.Payload.Span);
        payload.Contains(input, StringComparison.Ordinal).ShouldBe(whole);
    }

    private static IWorkflow Upper(WorkflowOptions options, Action begun) => Workflow.Chain<string, string, string>(
        "upper",
        text =>
        {
            begun();
            return Task.FromResult(text.ToUpperInvariant());
        },
        Task.FromResult,
        options);

    private async Task AssertOnRecordAsync(Replica replica, RunRecord run)
    {
        await replica.UntilAuditedAsync(run.Header.Run.RunId, Cancel);
        var expected = (await replica.JournalAsync(run.Header.Run.RunId)).Where(e => AuditMapper.Map(e, run.Header.Run) is not null).Select(e => $"{run.Header.Run.RunId}/{e.Sequence}");
        _audit.Log.Query().Select(record => record.Entry.EventId).ShouldBe(expected);
        _audit.Log.Verify().IsIntact.ShouldBeTrue();
    }

    private sealed class AwayAuditLog : IAuditLog
    {
        private readonly SemaphoreSlim _refused = new(0);
        private volatile bool _isBack;

        public InMemoryAuditLog Log { get; } = new();

        public void ComeBack() => _isBack = true;

        public async Task RefusedAsync(int times, CancellationToken cancellationToken)
        {
            for (var i = 0; i < times; i++) (await _refused.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken)).ShouldBeTrue();
        }

        public ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default) =>
            _isBack ? Log.AppendAsync(entry, cancellationToken) : throw Refuse();

        private AuditUnavailableException Refuse()
        {
            _refused.Release();
            return new AuditUnavailableException("away");
        }
    }
}
