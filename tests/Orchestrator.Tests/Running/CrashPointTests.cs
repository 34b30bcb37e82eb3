using System.Collections.Concurrent;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Aspire.Orchestrator.Tests.Dispatch;
using Loomflow.Audit;
using Loomflow.Redis.Runs;
using Loomflow.Testing;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

/// <summary>A run with an agent on a worker, taken up from every place in its journal at which its owner can have stopped.</summary>
public sealed class CrashPointTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly ConcurrentQueue<string> _done = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_WithAnAgent_TakenUpAfterEveryEvent_EndsTheSameAndRepeatsNoToolThatReturned()
    {
        using var audit = new InMemoryAuditLog();
        await using var worker = await WorkerHost.StartAsync(_redis, host => host.AddStep("buyer", _ => Buyer()));
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Workflow.Chain<string>("bought").Then(Noted("order")).Then(Agents.Remote("buyer")).Then(Noted("file")).Build();
        await using var replica = await Replica.StartAsync(_redis, audit, TimeSpan.FromSeconds(1), dispatching.Dispatcher, workflow);
        var whole = await replica.RunToEndAsync("bought", "one book", Cancelled);
        whole.Status.ShouldBe(RunStatus.Completed, whole.Failure?.Message);
        var journal = await replica.JournalAsync(whole.Header.Run.RunId);
        journal.OfType<ToolReturned>().Select(call => call.Tool).ShouldBe(["look", "pay"]);

        for (var length = 0; length < journal.Count; length++)
        {
            _done.Clear();
            var prefix = journal.Take(length).ToArray();
            var run = await replica.ResumeAsync(whole, prefix, Cancelled);

            var after = $"after {length} events, the last {(length > 0 ? journal[length - 1].GetType().Name : "none")}";
            run.Output.As<string>().ShouldBe(whole.Output.As<string>(), after);
            var resumed = await replica.JournalAsync(run.Header.Run.RunId);
            resumed.Count(e => e.IsTerminal).ShouldBe(1, after);
            resumed.OfType<StepCompleted>().Select(e => e.Path).ShouldBe(journal.OfType<StepCompleted>().Select(e => e.Path), after);
            resumed.OfType<ToolReturned>().Select(e => e.Tool).ShouldBe(["look", "pay"], after);

            var recorded = prefix.OfType<StepCompleted>().Select(e => e.Path).Concat(prefix.OfType<ToolReturned>().Select(e => e.Tool));
            _done.ShouldBe(new[] { "order", "look", "pay", "file" }.Except(recorded), after);
        }
    }

    private Step<string, string> Noted(string name) => Step.Of((string text) =>
    {
        _done.Enqueue(name);
        return Task.FromResult(text);
    }, name);

    private Agent Buyer() => new(
        "You buy what is ordered.",
        Models.Scripted(call => call.Messages.SelectMany(message => message.Contents).OfType<Microsoft.Extensions.AI.FunctionResultContent>().Count() switch
        {
            0 => ScriptedTurn.Call("look", new { item = "book" }, "first"),
            1 => ScriptedTurn.Call("pay", new { item = "book" }, "second"),
            _ => ScriptedTurn.Say("Bought."),
        }),
        new AgentOptions { Name = "buyer", Tools = [Tool.Of(Did("look"), "look"), Tool.Of(Did("pay"), "pay")], MaxTurns = 5 });

    private Func<string, string> Did(string tool) => item =>
    {
        _done.Enqueue(tool);
        return $"{tool}: {item}";
    };
}
