using Microsoft.Extensions.DependencyInjection;
using RootNamespace.Agents;

namespace RootNamespace.Tests.Agents;

public sealed class SampleAgentTests
{
    [Fact]
    public async Task Agent_LooksUpAndAnswers()
    {
        var model = Loomflow.Models.Scripted(ScriptedTurn.Call("look_up", new { question = "tea" }), "I found nothing.");
        await using var services = new ServiceCollection().BuildServiceProvider();

        var result = await SampleAgent.Create(model, services).RunAsync("What is tea?", cancellationToken: TestContext.Current.CancellationToken);

        result.Output.ShouldBe("I found nothing.");
        model.Calls[^1].ToolResults.ShouldHaveSingleItem().ShouldContain("tea");
    }
}
