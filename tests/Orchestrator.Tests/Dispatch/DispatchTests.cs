using Loomflow.Aspire.AgentWorker.Hosting;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

public class DispatchTests(RedisFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_that_a_worker_hosts_runs_there_with_the_runs_identity()
    {
        RunContext? seen = null;
        await using var worker = await WorkerHost.StartAsync(fixture.Redis, host => host.AddStep("greet-1", Step.Of((string name) =>
        {
            seen = RunContext.Current;
            return $"Hello {name}";
        }, "greet")));
        await using var dispatching = await Dispatching.StartAsync(fixture.Redis);
        var workflow = Workflow.Chain("greeting", Step.Remote<string, string>("greet-1"), Step.Of((string text) => text + "!", "shout"));

        var result = await workflow.RunAsync(
            "Ada",
            new RunOptions { UserId = "alice", SessionId = "s1", ResponseTone = "friendly", Metadata = new Dictionary<string, string> { ["team"] = "x" }, Dispatcher = dispatching.Dispatcher },
            Cancellation);

        result.Output.ShouldBe("Hello Ada!");
        seen.ShouldNotBeNull();
        seen.RunId.ShouldBe(result.RunId);
        seen.UserId.ShouldBe("alice");
        seen.SessionId.ShouldBe("s1");
        seen.ResponseTone.ShouldBe("friendly");
        seen.Metadata["team"].ShouldBe("x");
    }
}
