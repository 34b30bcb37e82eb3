using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.Orchestrator.Tests.Running;
using Loomflow.Audit;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>A durable run one of whose steps no live worker hosts.</summary>
public sealed class WaitingStepTests(RedisFixture fixture)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    private readonly string _redis = fixture.Redis.NewDatabase();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_ShowsWhyItsStepWaits_UntilAWorkerComes()
    {
        using var audit = new InMemoryAuditLog();
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var replica = await Replica.StartAsync(_redis, audit, s_lease, dispatching.Dispatcher, Workflow.Chain("remote", Step.Remote<string, string>("translate")));
        var run = (await replica.Runs.StartAsync(new StartRun { Workflow = "remote", Input = Payload.Of("x"), UserId = "alice" })).Header.Run.RunId;

        await Replica.UntilAsync(async () => (await replica.Store.GetAsync(run))!.Reason == "'translate' waits: No live worker hosts 'translate'.", Cancelled);

        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep("translate", Step.Of((string text) => text + "!", "translate")));
        var ended = await replica.UntilAsync(run, RunStatus.Completed, Cancelled);
        ended.Output.As<string>().ShouldBe("x!");
        ended.Reason.ShouldBeNull();
    }

    [Fact]
    public async Task Run_SaysNothingOfWaiting_OnceItsStepHasAWorkerAndAsLongAsItTakes()
    {
        using var audit = new InMemoryAuditLog();
        var points = new Points();
        await using var dispatching = await Dispatching.StartAsync(_redis);
        await using var replica = await Replica.StartAsync(_redis, audit, s_lease, dispatching.Dispatcher, Workflow.Chain("remote", Step.Remote<string, string>("translate")));
        var run = (await replica.Runs.StartAsync(new StartRun { Workflow = "remote", Input = Payload.Of("x"), UserId = "alice" })).Header.Run.RunId;
        await Replica.UntilAsync(async () => (await replica.Store.GetAsync(run))!.Reason is not null, Cancelled);

        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep("translate", Step.Of(
            async (string text, CancellationToken cancellationToken) =>
            {
                await points.HoldAsync("translating", cancellationToken);
                return text;
            },
            "translate")));
        await points.Reached("translating");

        await Replica.UntilAsync(async () => (await replica.Store.GetAsync(run))!.Reason is null, Cancelled);
        (await replica.Store.GetAsync(run))!.Status.ShouldBe(RunStatus.Running);
        points.LetPass("translating");
        await replica.UntilAsync(run, RunStatus.Completed, Cancelled);
    }

    [Fact]
    public async Task Run_FailsAfterTheStepsTimeout_AlsoWhenItsOwnerChangesMeanwhile()
    {
        using var audit = new InMemoryAuditLog();
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Workflow.Chain("remote", Step.Remote<string, string>("translate").WithTimeout(TimeSpan.FromSeconds(1)));
        await using var one = await Replica.StartAsync(_redis, audit, s_lease, dispatching.Dispatcher, workflow);
        var run = (await one.Runs.StartAsync(new StartRun { Workflow = "remote", Input = Payload.Of("x"), UserId = "alice" })).Header.Run.RunId;
        await Replica.UntilAsync(async () => (await one.JournalAsync(run)).OfType<StepWaiting>().Any(), Cancelled);
        await one.DrainAsync();

        await using var two = await Replica.StartAsync(_redis, audit, s_lease, dispatching.Dispatcher, workflow);

        (await two.UntilAsync(run, RunStatus.Failed, Cancelled)).Failure!.Kind.ShouldBe(FailureKind.Timeout);
    }
}
