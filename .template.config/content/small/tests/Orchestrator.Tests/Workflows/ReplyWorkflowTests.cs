using Loomflow.Aspire.Orchestrator.Workflows;

namespace Loomflow.Aspire.Orchestrator.Tests.Workflows;

public sealed class ReplyWorkflowTests
{
    [Fact]
    public async Task Answer_IsSigned()
    {
        var workers = new Workers { ["assistant"] = question => $"You asked: {question}" };

        var result = await ReplyWorkflow.Create().RunAsync(
            Payload.Of("What is the time?"), new RunOptions { Dispatcher = workers }, TestContext.Current.CancellationToken);

        result.Value.As<string>().ShouldBe("You asked: What is the time?\n\nYour assistant");
    }
}
