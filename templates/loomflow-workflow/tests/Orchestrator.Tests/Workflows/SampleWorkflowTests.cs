using RootNamespace.Workflows;

namespace RootNamespace.Tests.Workflows;

public sealed class SampleWorkflowTests
{
    [Fact]
    public async Task Request_IsExecuted() => (await RunAsync(" a request ")).Value.As<string>().ShouldBe("Done: a request");

    [Fact]
    public async Task Request_ThatIsEmpty_Fails() => (await Should.ThrowAsync<Exception>(() => RunAsync(" "))).GetRun()!.Status.ShouldBe(RunStatus.Failed);

    // A workflow with agents also gets a dispatcher that answers for them: new RunOptions { Dispatcher = new Workers { ["billing"] = request => "…" } }
    private static Task<WorkflowResult> RunAsync(string request) =>
        SampleWorkflow.Create().RunAsync(Payload.Of(request), cancellationToken: TestContext.Current.CancellationToken);
}
