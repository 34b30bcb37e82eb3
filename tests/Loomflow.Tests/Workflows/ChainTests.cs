namespace Loomflow.Tests.Workflows;

public class ChainTests
{
    private static async Task<int> Length(string text)
    {
        await Task.Yield();
        return text.Length;
    }

    private static Task<int> Twice(int number) => Task.FromResult(number * 2);

    private static string Show(int number) => $"<{number}>";

    [Fact]
    public async Task Chain_MixedSteps_PassesValuesOn()
    {
        var workflow = Workflow.Chain<string>("measure").Then(Length).Then(Twice).Then(Show).Build();

        var result = await workflow.RunAsync("seven!!", cancellationToken: TestContext.Current.CancellationToken);

        result.Output.ShouldBe("<14>");
        result.Visited.ShouldBe(["Length", "Twice", "Show"]);
        result.Status.ShouldBe(RunStatus.Completed);
    }

    [Fact]
    public async Task Parallel_Branches_GiveResultsInOrder()
    {
        var branches = Enumerable.Range(0, 20).Select(i => Step.Of(async (int n) => { await Task.Yield(); return n + i; }, $"b{i}")).ToArray();
        var workflow = Workflow.Parallel("sum", branches, results => string.Join(",", results));
        var result = await workflow.RunAsync(1, cancellationToken: TestContext.Current.CancellationToken);
        result.Output.ShouldBe(string.Join(",", Enumerable.Range(1, 20)));
    }

    [Fact]
    public async Task Loop_EndsByRouter()
    {
        var workflow = new WorkflowBuilder("loop")
            .AddNode("inc", Step.Of((int n) => Task.FromResult(n + 1)))
            .SetStart("inc")
            .AddRouter<int>("inc", n => n < 5 ? "again" : "done", new Dictionary<string, string> { ["again"] = "inc", ["done"] = "END" })
            .Build<int, int>();
        var result = await workflow.RunAsync(0, cancellationToken: TestContext.Current.CancellationToken);
        result.Output.ShouldBe(5);
        result.History.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Map_Nested_Outcomes()
    {
        var element = Step.Of((int n) => n == 3 ? throw new InvalidOperationException("three") : Task.FromResult(n * n), "square");
        var map = Workflow.Chain<IReadOnlyList<int>>("squares").Then(Step.Map("each", element)).Then(list => list.Sum(), "sum").Build();
        var outer = Workflow.Chain("outer", Step.Of((int n) => Task.FromResult<IReadOnlyList<int>>([n, n + 1])), map);
        (await outer.RunAsync(4, cancellationToken: TestContext.Current.CancellationToken)).Output.ShouldBe(41);
        (await Should.ThrowAsync<InvalidOperationException>(() => outer.RunAsync(2, cancellationToken: TestContext.Current.CancellationToken))).Message.ShouldBe("three");

        var collected = Workflow.ParallelOutcomes("collect", [element, Step.Of((int n) => Task.FromResult(n), "same")], outcomes => string.Join(" ", outcomes.Select(o => o.Succeeded ? o.Value.ToString() : o.Failure!.Message)));
        (await collected.RunAsync(3, cancellationToken: TestContext.Current.CancellationToken)).Output.ShouldBe("three 3");
    }
}
