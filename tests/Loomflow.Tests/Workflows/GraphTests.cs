using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Workflows;

/// <summary>Graphs put together node by node.</summary>
public class GraphTests
{
    private static async Task<object?> Run(WorkflowBuilder builder, object? input = null) =>
        (await builder.Build().RunAsync(input ?? "in", cancellationToken: Token)).Output;

    [Fact]
    public async Task Join_WaitsForAllBranches_AndGetsTheirValuesInTheOrderOfItsEdges()
    {
        var slow = new TaskCompletionSource();
        var builder = new WorkflowBuilder("join")
            .AddNode("a", Show("a"))
            .AddNode("b", Step.Of(async (object? _) => { await slow.Task; return "b"; }))
            .AddNode("c", Step.Of((object? _) => { slow.SetResult(); return Task.FromResult("c"); }))
            .AddNode("d", Show("d"))
            .SetStart("a")
            .AddEdge("a", "b").AddEdge("a", "c")
            .AddEdge("b", "d").AddEdge("c", "d");

        (await Run(builder)).ShouldBe("d(b,c)");
    }

    [Fact]
    public async Task Join_ALongAndAShortWay_WaitsForTheLongOne()
    {
        var builder = new WorkflowBuilder("ways")
            .AddNode("a", Show("a")).AddNode("b", Show("b")).AddNode("d", Show("d"))
            .SetStart("a")
            .AddEdge("a", "d").AddEdge("a", "b").AddEdge("b", "d");

        (await Run(builder)).ShouldBe("d(a(in),b(a(in)))");
    }

    [Fact]
    public async Task SlowBranch_HoldsUpOnlyWhatDependsOnIt()
    {
        var otherEnded = new TaskCompletionSource();
        var builder = new WorkflowBuilder("independent")
            .AddNode("slow", Step.Of(async (object? _) => { await otherEnded.Task; return "slow"; }))
            .AddNode("fast", Show("fast"))
            .AddNode("after", Step.Of((object? _) => { otherEnded.SetResult(); return Task.FromResult("after"); }))
            .AddEdge("START", "slow").AddEdge("START", "fast").AddEdge("fast", "after");

        (await Run(builder)).ShouldBe(new object?[] { "slow", "after" });
    }

    [Fact]
    public async Task Loop_JoinFedOnceMore_GetsTheBareValue()
    {
        var seen = new List<string>();
        var builder = new WorkflowBuilder("wave")
            .AddNode("b", Show("b")).AddNode("c", Step.Of((object? _) => Task.FromResult("c")))
            .AddNode("d", Step.Of((object? input) => { seen.Add(input is object?[] many ? $"[{string.Join(",", many)}]" : $"{input}"); return Task.FromResult("d"); }))
            .AddEdge("START", "b").AddEdge("START", "c").AddEdge("b", "d").AddEdge("c", "d")
            .AddRouter<string>("d", _ => seen.Count < 2 ? "again" : "done", Routes(("again", "b"), ("done", "END")));

        await Run(builder);

        seen.ShouldBe(["[b(in),c]", "b(d)"]);
    }

    [Fact]
    public async Task JoinBehindALoop_WaitsForTheWholeLoop()
    {
        var builder = new WorkflowBuilder("behind")
            .AddNode("join", Show("join"))
            .AddNode("a", Show("a")).AddNode("b", Show("b"))
            .AddEdge("START", "a").AddEdge("START", "b").AddEdge("START", "join")
            .AddRouter<string>("a", _ => "out", Routes(("loop", "b"), ("out", "join")))
            .AddRouter<string>("b", _ => "out", Routes(("loop", "a"), ("out", "join")));

        (await Run(builder)).ShouldBe("join(in,a(in),b(in))");
    }

    [Fact]
    public async Task Loop_GoesOnUntilItsRouterPicksTheWayOut()
    {
        var loop = new WorkflowBuilder("loop")
            .AddNode("inc", Step.Of((int n) => Task.FromResult(n + 1)))
            .SetStart("inc")
            .AddRouter<int>("inc", n => n < 5 ? "again" : "done", Routes(("again", "inc"), ("done", "END")))
            .Build<int, int>();

        var result = await loop.RunAsync(0, cancellationToken: Token);

        result.Output.ShouldBe(5);
        result.Visited.ShouldBe(["inc", "inc", "inc", "inc", "inc"]);
        result.History.Select(visit => (visit.Visit, visit.Input.As<int>(), visit.Output.As<int>())).ShouldBe([(1, 0, 1), (2, 1, 2), (3, 2, 3), (4, 3, 4), (5, 4, 5)]);
    }

    [Fact]
    public async Task Loop_ThatNeverEnds_ReachesTheVisitsCap_AfterExactlyThatManyVisits()
    {
        var visits = 0;
        var workflow = new WorkflowBuilder("refine")
            .AddNode("draft", Step.Of((object? _) => Task.FromResult(++visits)))
            .SetStart("draft")
            .AddRouter<int>("draft", _ => "again", Routes(("again", "draft"), ("done", "END")))
            .WithOptions(new WorkflowOptions { MaxVisitsPerNode = 3 })
            .Build();

        var capped = await Should.ThrowAsync<WorkflowCapException>(() => workflow.RunAsync(null, cancellationToken: Token));

        (capped.Workflow, capped.Node, capped.Cap, capped.Limit).ShouldBe(("refine", "draft", "MaxVisitsPerNode", 3));
        capped.Message.ShouldBe("Workflow 'refine' reached MaxVisitsPerNode = 3 at node 'draft': raise the cap, or let the loop's router pick the branch that ends it.");
        visits.ShouldBe(3);
        capped.GetRun()!.Status.ShouldBe(RunStatus.Capped);
    }

    [Fact]
    public async Task Run_WithMoreStepsThanItMayTake_ReachesTheStepsCap()
    {
        var workflow = new WorkflowBuilder("pingpong")
            .AddNode("ping", Show("ping")).AddNode("pong", Show("pong"))
            .SetStart("ping").AddEdge("ping", "pong")
            .AddRouter<string>("pong", _ => "again", Routes(("again", "ping"), ("done", "END")))
            .WithOptions(new WorkflowOptions { MaxSteps = 5 })
            .Build();

        var capped = await Should.ThrowAsync<WorkflowCapException>(() => workflow.RunAsync(null, cancellationToken: Token));

        (capped.Node, capped.Cap, capped.GetRun()!.History.Count).ShouldBe(("pong", "MaxSteps", 5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Caps_BelowOne_AreRefusedByName(int cap)
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new WorkflowOptions { MaxSteps = cap }).Message.ShouldStartWith("MaxSteps must be at least 1.");
        Should.Throw<ArgumentOutOfRangeException>(() => new WorkflowOptions { MaxVisitsPerNode = cap }).ParamName.ShouldBe("MaxVisitsPerNode");
        Should.Throw<ArgumentOutOfRangeException>(() => new WorkflowOptions { MaxConcurrency = cap }).ParamName.ShouldBe("MaxConcurrency");
    }

    [Fact]
    public async Task EntryRouter_PicksTheFirstNodeByTheInput()
    {
        WorkflowBuilder Entry() => new WorkflowBuilder("entry")
            .AddNode("short", Show("short")).AddNode("long", Show("long"))
            .AddRouter<string>("START", async (text, cancellationToken) => { await Task.Yield(); return text.Length < 4 ? "short" : text.Length < 8 ? "long" : "over"; },
                Routes(("short", "short"), ("long", "long"), ("over", "END")));

        (await Run(Entry(), "abc")).ShouldBe("short(abc)");
        (await Run(Entry(), "abcdef")).ShouldBe("long(abcdef)");
        (await Run(Entry(), "abcdefghij")).ShouldBe("abcdefghij", "a run that goes from START to END gives its input");
    }

    [Fact]
    public async Task Router_Fallback_TakesEveryOtherLabel_AlsoToEND()
    {
        WorkflowBuilder Routed(string fallback) => new WorkflowBuilder("fallback")
            .AddNode("classify", Show("classify")).AddNode("known", Show("known")).AddNode("other", Show("other"))
            .SetStart("classify").AddEdge("known", "other")
            .AddRouter<string>("classify", _ => "?", Routes(("known", "known")), fallback);

        (await Run(Routed("other"))).ShouldBe("other(classify(in))");
        (await Run(Routed("END"))).ShouldBe("classify(in)");
    }

    [Fact]
    public async Task Router_ThatThrows_FailsTheRunWithItsException()
    {
        var builder = new WorkflowBuilder("throws").AddNode("a", Show("a")).AddNode("b", Show("b")).SetStart("a")
            .AddRouter<string>("a", _ => throw new FormatException("unreadable"), Routes(("b", "b")));

        var thrown = await Should.ThrowAsync<FormatException>(() => Run(builder));

        thrown.GetRun()!.History.Single().Status.ShouldBe(RunStatus.Completed, "the step itself did its work");
    }

    [Fact]
    public async Task ConditionalEdges_AllThatHoldAreTaken_AndNoneIsAnError()
    {
        var builder = () => new WorkflowBuilder("conditions")
            .AddNode("n", Step.Of((object? n) => Task.FromResult((int)n!))).AddNode("even", Show("even")).AddNode("big", Show("big"))
            .SetStart("n")
            .AddEdge<int>("n", "even", n => n % 2 == 0, "even").AddEdge<int>("n", "big", n => n > 10, "> 10");

        (await Run(builder(), 4)).ShouldBe("even(4)");
        (await Run(builder(), 12)).ShouldBe(new object?[] { "even(12)", "big(12)" });
        (await Should.ThrowAsync<NoRouteException>(() => Run(builder(), 3))).Message.ShouldContain("'3', which is not one of 'even', '> 10'");
    }

    [Fact]
    public async Task SeveralLeaves_GiveAListInTheOrderOfTheEdges()
    {
        var builder = new WorkflowBuilder("leaves").AddNode("a", Show("a")).AddNode("b", Show("b")).AddEdge("START", "b").AddEdge("START", "a");

        (await Run(builder)).ShouldBe(new object?[] { "a(in)", "b(in)" });
        var typed = builder.Build<string, IReadOnlyList<string>>();
        (await typed.RunAsync("in", cancellationToken: Token)).Output.ShouldBe(["a(in)", "b(in)"]);
    }

    [Fact]
    public async Task MaxConcurrency_LimitsWhatRunsAtTheSameTime()
    {
        var (now, most) = (0, 0);
        var builder = new WorkflowBuilder("limited").WithOptions(new WorkflowOptions { MaxConcurrency = 2 });
        for (var i = 0; i < 12; i++)
        {
            builder.AddNode($"n{i}", Step.Of(async (object? _) =>
            {
                ShapeTests.InterlockedMax(ref most, Interlocked.Increment(ref now));
                for (var j = 0; j < 5; j++) await Task.Yield();
                Interlocked.Decrement(ref now);
                return "x";
            })).AddEdge("START", $"n{i}");
        }

        await Run(builder);

        most.ShouldBeInRange(1, 2);
    }

    [Fact]
    public async Task StepsThatCompute_RunSideBySide()
    {
        using var barrier = new Barrier(2);
        var meet = Step.Of((object? _) => Task.FromResult(barrier.SignalAndWait(TimeSpan.FromSeconds(30))), "meet");

        (await Run(new WorkflowBuilder("meet").AddNode("a", meet).AddNode("b", meet).AddEdge("START", "a").AddEdge("START", "b"))).ShouldBe(new object?[] { true, true });
    }

    [Fact]
    public async Task Value_OfAnotherType_FailsTheStepThatTakesIt()
    {
        var builder = new WorkflowBuilder("types").AddNode("any", Step.Of((object? _) => Task.FromResult<object?>(new Uri("http://x")))).AddNode("int", Step.Of((int n) => Task.FromResult(n)))
            .SetStart("any").AddEdge("any", "int");

        var thrown = await Should.ThrowAsync<PayloadException>(() => Run(builder));

        thrown.Message.ShouldContain("Uri");
        (await Should.ThrowAsync<PayloadException>(() => Run(new WorkflowBuilder("null").AddNode("none", Step.Of((object? _) => Task.FromResult<object?>(null))).AddNode("int", Step.Of((int n) => Task.FromResult(n))).SetStart("none").AddEdge("none", "int"))))
            .Message.ShouldBe("'int' received nothing but takes Int32: give it a value, or let it take Int32?.");
    }
}
