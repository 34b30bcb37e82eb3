using Loomflow.Aspire.AgentWorker.Hosting;
using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.Workload.Steps;

/// <summary>Steps and agents that do one thing each that a trace or a metric has to show.</summary>
internal static class TracedSteps
{
    public static IHostApplicationBuilder AddTracedSteps(this IHostApplicationBuilder builder)
    {
        builder.AddStep("flaky", Step.Of((string text) =>
            StepScope.Current!.Attempt == 1 ? throw new IOException("The first attempt fails.") : Task.FromResult(text), "flaky"));
        builder.AddStep("broken", Step.Of((string text) =>
            text.Length >= 0 ? throw new InvalidOperationException($"It cannot do '{text}'.") : Task.FromResult(text), "broken"));
        builder.AddStep("north", _ => Agent("north", _ => ScriptedTurn.Say("It is cold.")));
        builder.AddStep("south", _ => Agent("south", _ => ScriptedTurn.Say("It is warm.")));
        builder.AddStep("holder", _ => Agent("holder", call => Results(call) == 0 ? ScriptedTurn.Call("hold") : ScriptedTurn.Say("Done."), Tool.Of(Gate.PassAsync, "hold", "Waits.")));
        builder.AddStep("clumsy", _ => Agent("clumsy", call => Results(call) == 0 ? ScriptedTurn.Call("print", new { page = 1 }) : ScriptedTurn.Say("The printer broke."), Tool.Of(Print, "print", "Prints a page.")));
        builder.AddStep("spender", _ => new Agent(
            "You spend.", Models.Scripted(_ => ScriptedTurn.Say("Spent.")), new AgentOptions { Name = "spender", Budget = new Budget { MaxTokens = 1 }, PassPartialOutput = true }));
        return builder;
    }

    private static Agent Agent(string name, Func<ModelCall, ScriptedTurn> answer, params Tool[] tools) =>
        new($"You are {name}.", Models.Scripted(answer), new AgentOptions { Name = name, Tools = tools, Prices = ModelPrices.Default.With("scripted", new ModelPrice(1, 2)) });

    private static int Results(ModelCall call) => call.Messages.SelectMany(message => message.Contents.OfType<FunctionResultContent>()).Count();

    private static string Print(int page) => throw new InvalidOperationException($"Page {page} is stuck in the printer.");
}
