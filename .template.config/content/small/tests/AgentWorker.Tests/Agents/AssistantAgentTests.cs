using Loomflow.Aspire.AgentWorker.Agents;
using Loomflow.Aspire.AgentWorker.Hosting;

namespace Loomflow.Aspire.AgentWorker.Tests.Agents;

public sealed class AssistantAgentTests
{
    [Fact]
    public async Task Assistant_IsGivenTheTime()
    {
        var model = Loomflow.Models.Scripted(ScriptedTurn.Call("current_time"), "It is noon.");

        var result = await Hosted.Agent("assistant", model, builder => builder.AddAgent("assistant", AssistantAgent.Create))
            .RunAsync("What is the time?", cancellationToken: TestContext.Current.CancellationToken);

        result.Output.ShouldBe("It is noon.");
        model.Calls[^1].ToolResults.ShouldHaveSingleItem().ShouldEndWith("UTC");
    }
}
