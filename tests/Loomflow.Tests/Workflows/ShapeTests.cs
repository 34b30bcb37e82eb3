using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Workflows;

/// <summary>Chain, route, parallel and map: one call gives a finished workflow.</summary>
public class ShapeTests
{
    private static async Task<int> Length(string text)
    {
        await Task.Yield();
        return text.Length;
    }

    private static Task<int> Twice(int number) => Task.FromResult(number * 2);

    private static string Brackets(int number) => $"<{number}>";

    [Fact]
    public async Task Chain_AsyncAndSyncFunctions_PassesValuesOn()
    {
        var workflow = Workflow.Chain<string>("measure").Then(Length).Then(Twice).Then(Brackets).Build();

        var result = await workflow.RunAsync("seven!!", cancellationToken: Token);

        result.Output.ShouldBe("<14>");
        result.Visited.ShouldBe(["Length", "Twice", "Brackets"]);
        result.Status.ShouldBe(RunStatus.Completed);
    }

    [Fact]
    public async Task Chain_OfFunctions_NeedsNoBuilder() =>
        (await Workflow.Chain<string, int, int>("measure", Length, Twice).RunAsync("abc", cancellationToken: Token)).Output.ShouldBe(6);

    [Fact]
    public async Task Chain_SyncFunction_RunsOnThePool_WithTheRunsContext()
    {
        var seen = (Pool: false, User: (string?)null);
        var workflow = Workflow.Chain<string>("sync").Then(text =>
        {
            seen = (Thread.CurrentThread.IsThreadPoolThread, RunContext.Current?.UserId);
            return text;
        }, "look").Build();

        await workflow.RunAsync("x", new RunOptions { UserId = "alice" }, Token);

        seen.ShouldBe((true, "alice"));
    }

    [Fact]
    public async Task Chain_SameStepTwice_GetsNamesOfItsOwn()
    {
        var result = await Workflow.Chain("twice", Append("a"), Append("a")).RunAsync("in", cancellationToken: Token);

        result.Visited.ShouldBe(["a", "a_2"]);
        result.Output.ShouldBe("in>a>a");
    }

    [Fact]
    public void Chain_LongerThanItsCap_IsRefusedWhenItIsBuilt()
    {
        var chain = Enumerable.Range(0, 101).Aggregate(Workflow.Chain<string>("long"), (chain, i) => chain.Then(Append($"s{i}")));

        Should.Throw<WorkflowDefinitionException>(() => chain.Build()).Problems.ShouldBe(["101 nodes always run, but MaxSteps is 100: raise WorkflowOptions.MaxSteps to at least 101."]);
        chain.Build(new WorkflowOptions { MaxSteps = 101 }).NodeNames.Count.ShouldBe(101);
    }

    [Fact]
    public async Task Route_Label_HandlerIsGivenTheInput_NotTheLabel()
    {
        var support = Workflow.Route<string, string>("support", Step.Of((string text) => Task.FromResult(text.Contains("card", StringComparison.Ordinal) ? " billing\n" : "tech"), "classify"),
            new() { ["billing"] = Append("billing"), ["tech"] = Append("tech") });

        (await support.RunAsync("my card", cancellationToken: Token)).Output.ShouldBe("my card>billing");
        var tech = await support.RunAsync("my wifi", cancellationToken: Token);
        tech.Output.ShouldBe("my wifi>tech");
        tech.Visited.ShouldBe(["classify", "tech"]);
    }

    [Fact]
    public async Task Route_UnknownLabel_TakesTheFallback_OrFailsLoudly()
    {
        var classify = Step.Of((string _) => Task.FromResult("refund"), "classify");
        var routes = new Dictionary<string, Step<string, string>> { ["billing"] = Append("billing"), ["tech"] = Append("tech") };

        (await Workflow.Route("support", classify, routes, fallback: Append("general")).RunAsync("x", cancellationToken: Token)).Output.ShouldBe("x>general");
        var failure = await Should.ThrowAsync<NoRouteException>(() => Workflow.Route("support", classify, routes).RunAsync("x", cancellationToken: Token));
        failure.Message.ShouldBe("The router on 'classify' produced 'refund', which is not one of 'billing', 'tech', and there is no fallback: add the route or pass fallback:.");
        failure.GetRun()!.Status.ShouldBe(RunStatus.Failed);
    }

    [Fact]
    public async Task Parallel_Results_ComeInTheOrderOfTheBranches()
    {
        var gates = Enumerable.Range(0, 20).Select(_ => new TaskCompletionSource()).ToArray();
        var branches = gates.Select((gate, i) => Step.Of(async (int n) =>
        {
            await gate.Task;
            return n + i;
        }, $"b{i}")).ToArray();
        var run = Workflow.Parallel("sum", branches, merge: results => string.Join(",", results)).RunAsync(1, cancellationToken: Token);

        foreach (var gate in gates.Reverse()) gate.SetResult();

        (await run).Output.ShouldBe(string.Join(",", Enumerable.Range(1, 20)));
    }

    [Fact]
    public async Task Parallel_WithoutMerge_GivesTheList_AndAnAsyncMergeIsAwaited()
    {
        (await Workflow.Parallel("list", [Append("a"), Append("b")]).RunAsync("x", cancellationToken: Token)).Output.ShouldBe(["x>a", "x>b"]);
        (await Workflow.Parallel("one", [Append("a")]).RunAsync("x", cancellationToken: Token)).Output.ShouldBe(["x>a"]);
        var awaited = Workflow.Parallel("awaited", [Append("a"), Append("b")], async results =>
        {
            await Task.Yield();
            return results.Count;
        });
        (await awaited.RunAsync("x", cancellationToken: Token)).Output.ShouldBe(2);
    }

    [Fact]
    public async Task Parallel_MaxConcurrency_LimitsWhatRunsAtTheSameTime()
    {
        var (now, most) = (0, 0);
        var branch = Step.Of(async (int n) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            for (var i = 0; i < 5; i++) await Task.Yield();
            Interlocked.Decrement(ref now);
            return n;
        }, "b");

        await Workflow.Parallel("limited", [.. Enumerable.Repeat(branch, 30)], maxConcurrency: 3).RunAsync(1, cancellationToken: Token);

        most.ShouldBeInRange(1, 3);
    }

    [Fact]
    public async Task Parallel_ABranchFails_TheRunFailsWithItsException_NotWithAGroup()
    {
        var workflow = Workflow.Parallel("fails", [Show("a"), Throw("b", new FormatException("bad"))]);

        (await Should.ThrowAsync<FormatException>(() => workflow.RunAsync("x", cancellationToken: Token))).Message.ShouldBe("bad");
    }

    [Fact]
    public async Task ParallelOutcomes_ABranchFails_ItsFailureIsAmongTheOutcomes()
    {
        var workflow = Workflow.ParallelOutcomes("collect", [Show("a"), Throw("b", new FormatException("bad")), Show("c")],
            outcomes => string.Join(" ", outcomes.Select(outcome => outcome.Succeeded ? outcome.Value : $"{outcome.Failure!.Kind}:{outcome.Failure.Message}")));

        (await workflow.RunAsync("x", cancellationToken: Token)).Output.ShouldBe("a(x) Error:bad c(x)");
    }

    [Fact]
    public async Task Map_Elements_EachIsItsOwnStep_AndResultsKeepTheirOrder()
    {
        var square = Step.Of(async (int n) =>
        {
            for (var i = n; i < 5; i++) await Task.Yield();
            return n * n;
        }, "square");
        var workflow = Workflow.Chain("squares", Step.Map("each", square, maxConcurrency: 2), Step.Of((IReadOnlyList<int> list) => Task.FromResult(string.Join(",", list)), "join"));

        var result = await workflow.RunAsync([1, 2, 3, 4], cancellationToken: Token);

        result.Output.ShouldBe("1,4,9,16");
        result.History.Select(visit => visit.Path).ShouldBe(["each", "each/0", "each/1", "each/2", "each/3", "join"], ignoreOrder: true);
        (await workflow.RunAsync([], cancellationToken: Token)).Output.ShouldBe("");
    }

    [Fact]
    public async Task Map_AnElementFails_TheStepFails()
    {
        var workflow = Workflow.Chain<IReadOnlyList<int>>("fails").Then(Step.Map("each", Step.Of((int n) => n == 3 ? throw new FormatException("three") : Task.FromResult(n), "check"))).Build();

        (await Should.ThrowAsync<FormatException>(() => workflow.RunAsync([1, 2, 3], cancellationToken: Token))).Message.ShouldBe("three");
        Should.Throw<ArgumentException>(() => Step.Map("each", Append("a").OnFailure(FailurePolicy.GoTo("b")))).Message.ShouldContain("no other nodes");
    }

    [Fact]
    public async Task NestedWorkflow_IsANodeLikeAnyOther()
    {
        var inner = Workflow.Chain("inner", Append("a"), Append("b"));
        var outer = Workflow.Chain("outer", Append("first"), inner, Append("last"));

        var result = await outer.RunAsync("x", cancellationToken: Token);

        result.Output.ShouldBe("x>first>a>b>last");
        result.Visited.ShouldBe(["first", "inner", "last"]);
        result.History.Select(visit => visit.Path).ShouldBe(["first", "inner", "inner/a", "inner/b", "last"]);
    }

    internal static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref most, value, seen);
            if (before == seen) return;
            seen = before;
        }
    }
}
