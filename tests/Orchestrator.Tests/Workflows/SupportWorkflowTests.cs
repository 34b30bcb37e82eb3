using Loomflow.Aspire.Orchestrator.Workflows;

namespace Loomflow.Aspire.Orchestrator.Tests.Workflows;

public sealed class SupportWorkflowTests
{
    private const string Request = "I was charged twice.";

    [Theory]
    [InlineData("billing", "billing")]
    [InlineData("tech", "tech")]
    [InlineData("poetry", "tech")]
    public async Task Request_GoesToTheAgentForItsLabel_AndToTheTechnicalOneForAnUnknownLabel(string label, string agent)
    {
        var workers = new Workers
        {
            ["classifier"] = _ => label,
            ["billing"] = request => $"billing: {request}",
            ["tech"] = request => $"tech: {request}",
        };

        var result = await SupportWorkflow.Create().RunAsync(
            Payload.Of(Request), new RunOptions { UserId = "alice", Dispatcher = workers }, TestContext.Current.CancellationToken);

        result.Value.As<string>().ShouldBe($"{agent}: {Request}");
    }
}
