using System.ComponentModel;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Aspire.AgentWorker.Workflows;
using Loomflow.Aspire.Workload.Effects;
using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.Workload.Steps;

/// <summary>What the workers of a workload host.</summary>
internal static class WorkloadSteps
{
    public static IHostApplicationBuilder AddWorkloadSteps(this IHostApplicationBuilder builder)
    {
        builder.AddStep("echo", Step.Of((string text) => Task.FromResult(text), "echo"));
        builder.AddStep("measure", Step.Of((string text) => Task.FromResult(text.Length), "measure"));
        builder.AddStep("slow", Marked("slow", 1_500, 2_000));
        foreach (var name in (string[])["reserve", "price", "receipt", "ship"]) builder.AddStep(name, Marked(name));
        builder.AddStep("parcel", Step.Of(async (string order, CancellationToken cancellationToken) =>
        {
            EffectLog.Carry(StepScope.Current!.IdempotencyKey);
            await Gate.PassAsync(cancellationToken);
            return order;
        }, "parcel"));
        builder.AddStep("buyer", services => new Agent(
            "You buy what is ordered.",
            Models.Scripted(Answer),
            new AgentOptions
            {
                Name = "buyer",
                Tools = [Tool.Of(StockOf), services.WorkflowTool("payment", "Pays an order.")],
                MaxTurns = 5,
            }));
        return builder;
    }

    /// <summary>A step that takes a moment between its effect and its end, so that there is something to break.</summary>
    private static Step<string, string> Marked(string name, int shortest = 1, int longest = 40) => Step.Of(async (string order, CancellationToken cancellationToken) =>
    {
        EffectLog.Carry(StepScope.Current!.IdempotencyKey);
        await Task.Delay(Random.Shared.Next(shortest, longest), cancellationToken);
        return order;
    }, name);

    /// <summary>Looks into the stock, pays, and says so.</summary>
    private static ScriptedTurn Answer(ModelCall call)
    {
        var results = call.Messages.SelectMany(message => message.Contents.OfType<FunctionResultContent>()).Count();
        return results switch
        {
            0 => ScriptedTurn.Call("stock", new { item = "book" }, "look"),
            1 => ScriptedTurn.Call("payment", new { input = "one book" }, "pay"),
            _ => ScriptedTurn.Say("Bought."),
        };
    }

    [Step(Name = "stock")]
    [Description("How many there are.")]
    private static async Task<string> StockOf(string item)
    {
        EffectLog.Carry(StepScope.Current!.IdempotencyKey);
        await Task.Delay(5);
        return $"3 of {item}";
    }
}
