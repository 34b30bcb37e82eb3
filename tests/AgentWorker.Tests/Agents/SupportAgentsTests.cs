using Loomflow.Aspire.AgentWorker.Agents;

namespace Loomflow.Aspire.AgentWorker.Tests.Agents;

public sealed class SupportAgentsTests
{
    [Fact]
    public async Task Tech_AnswersFromWhatTheHelpCenterHas()
    {
        var model = Loomflow.Models.Scripted(
            ScriptedTurn.Call("search_help", new { question = "app crashes at the start" }),
            "Update to the newest version.");

        var result = await Hosted.Agent("tech", model, builder => builder.AddSupportAgents())
            .RunAsync("My app crashes at the start.", cancellationToken: TestContext.Current.CancellationToken);

        result.Output.ShouldBe("Update to the newest version.");
        model.Calls[^1].ToolResults.ShouldHaveSingleItem().ShouldContain("delete the cache folder");
    }

    [Fact]
    public async Task Billing_HasTheRefundWorkflowAndTheChargesAsTools()
    {
        var model = Loomflow.Models.Scripted("Which invoice?");

        await Hosted.Agent("billing", model, builder => builder.AddSupportAgents()).RunAsync("I want a refund.", cancellationToken: TestContext.Current.CancellationToken);

        model.Calls.ShouldHaveSingleItem().Options!.Tools!.Select(tool => tool.Name).ShouldBe(["refund_flow", "charge_details"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("I was charged twice for my invoice.", "billing")]
    [InlineData("The app crashes with an error when I log in.", "tech")]
    public async Task Classifier_LabelsARequest_WithTheOfflineModel(string request, string label)
    {
        var result = await Hosted.Agent("classifier", Loomflow.Models.Offline(), builder => builder.AddSupportAgents())
            .RunAsync(request, cancellationToken: TestContext.Current.CancellationToken);

        result.Output.ShouldBe(label);
    }
}
