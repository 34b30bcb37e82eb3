using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Workflows;

/// <summary>Build checks the whole graph and names every problem at once.</summary>
public class ValidationTests
{
    private static IReadOnlyList<string> ProblemsOf(WorkflowBuilder builder) => Should.Throw<WorkflowDefinitionException>(() => builder.Build()).Problems;

    [Fact]
    public void Build_ManyProblems_AreAllInOneException()
    {
        var broken = new WorkflowBuilder("broken")
            .AddNode("a", Show("a")).AddNode("a", Show("a")).AddNode("END", Show("e")).AddNode("lost", Show("lost"))
            .AddEdge("a", "ghost").AddEdge("END", "a").AddEdge("a", "START")
            .AddRouter<string>("lost", _ => "x", Routes(("k", "phantom")), fallback: "spectre")
            .SetStart("a");

        ProblemsOf(broken).ShouldBe(
        [
            "two nodes are called 'a': give one of them another name.",
            "'END' is not a node's name: it stands for the end of the graph.",
            "unknown node 'ghost': add it with AddNode, or correct the name.",
            "an edge cannot leave END.",
            "an edge cannot lead to START.",
            "unknown node 'phantom' as the target of route 'k': add it with AddNode, or correct the name.",
            "unknown node 'spectre' as the target of route 'fallback': add it with AddNode, or correct the name.",
            "the router on 'lost' has no routes: give it at least one label and target.",
            "node 'lost' cannot be reached from START: add an edge to it, or remove it.",
        ], ignoreOrder: true);
    }

    [Fact]
    public void Build_WithoutNodesOrStart_SaysSo()
    {
        ProblemsOf(new WorkflowBuilder("empty")).ShouldContain("no nodes: add at least one with AddNode.");
        ProblemsOf(new WorkflowBuilder("startless").AddNode("a", Show("a"))).ShouldBe(["no start: call SetStart, AddEdge(START, …) or AddRouter(START, …)."]);
    }

    [Fact]
    public void Build_RouterBesidePlainEdges_IsAProblem() =>
        ProblemsOf(new WorkflowBuilder("both").AddNode("a", Show("a")).AddNode("b", Show("b")).SetStart("a").AddEdge("a", "b").AddRouter<string>("a", _ => "b", Routes(("b", "b"))))
            .ShouldBe(["'a' has a router and plain edges: a node has either; put the edge's target among the routes."]);

    [Fact]
    public void Build_TypesThatDoNotFit_NamesEdgeAndTypes() =>
        ProblemsOf(new WorkflowBuilder("types").AddNode("text", Append("text")).AddNode("number", Step.Of((int n) => Task.FromResult(n))).SetStart("text").AddEdge("text", "number"))
            .ShouldContain(problem => problem.StartsWith("type mismatch on the edge 'text' -> ", StringComparison.Ordinal) && problem.Contains("String arrives, Int32 is taken"));

    [Fact]
    public void Build_OutputOfAnotherType_IsAProblem() =>
        Should.Throw<WorkflowDefinitionException>(() => new WorkflowBuilder("out").AddNode("text", Append("text")).SetStart("text").Build<string, int>())
            .Problems.ShouldBe(["type mismatch on the edge 'text' -> 'END': String arrives, Int32 is taken: change one of the two, or put a step between them."]);

    [Fact]
    public void Build_LoopThatNothingEnds_IsAProblem()
    {
        ProblemsOf(new WorkflowBuilder("loop").AddNode("a", Show("a")).AddNode("b", Show("b")).SetStart("a").AddEdge("a", "b").AddEdge("b", "a").AddEdge("b", "END"))
            .ShouldBe(["a loop among 'a', 'b' never ends, because each of its edges is always taken: put a router or a condition into it."]);
        ProblemsOf(new WorkflowBuilder("trap").AddNode("a", Show("a")).AddNode("b", Show("b")).SetStart("a").AddEdge("a", "b").AddRouter<string>("b", _ => "x", Routes(("x", "a"))))
            .ShouldContain("END cannot be reached from node 'a': its loop has no way out; route one branch to END or to a node behind the loop.");
    }

    [Fact]
    public void Build_JoinOfAStepThatTakesOneValue_IsAProblem() =>
        ProblemsOf(new WorkflowBuilder("join").AddNode("a", Append("a")).AddNode("b", Append("b")).AddNode("c", Append("c"))
                .AddEdge("START", "a").AddEdge("START", "b").AddEdge("a", "c").AddEdge("b", "c"))
            .ShouldContain("node 'c' is reached by 'a', 'b' at once but takes a single String: let it take a list, or route so that one branch reaches it.");

    [Fact]
    public void Build_GoToAnUnknownNode_IsAProblem()
    {
        ProblemsOf(new WorkflowBuilder("detour").AddNode("a", Show("a").OnFailure(FailurePolicy.GoTo("rescue"))).SetStart("a"))
            .ShouldBe(["node 'a' goes to the unknown node 'rescue' when it fails: add it with AddNode, or correct the name."]);
        Should.Throw<WorkflowDefinitionException>(() => Workflow.Chain("chain", Append("a").OnFailure(FailurePolicy.GoTo("rescue")), Append("b"))).Message.ShouldContain("rescue");
    }

    [Fact]
    public void Build_EmptyShapes_AreRefused()
    {
        Should.Throw<WorkflowDefinitionException>(() => Workflow.Parallel<string, string>("none", [])).Message.ShouldContain("at least one branch");
        Should.Throw<WorkflowDefinitionException>(() => Workflow.Route<string, string>("none", Append("c"), [])).Message.ShouldContain("at least one label");
        Should.Throw<WorkflowDefinitionException>(() => Workflow.Chain<string>("none").Build()).Message.ShouldContain("no nodes");
    }

    [Fact]
    public void SameEdgeTwice_IsTheSameEdge() =>
        new WorkflowBuilder("twice").AddNode("a", Show("a")).SetStart("a").AddEdge("a", "END").AddEdge("a", "END").Build().NodeNames.ShouldBe(["a"]);

    [Fact]
    public void DefinitionHash_DependsOnWhatSchedulesARun_AndOnNothingElse()
    {
        static WorkflowBuilder Graph(string end = "done", int steps = 100, string label = "ok") => new WorkflowBuilder("hash")
            .AddNode("a", Show("a")).AddNode(end, Show(end)).SetStart("a").AddRouter<string>("a", _ => label, Routes((label, end)))
            .WithOptions(new WorkflowOptions { MaxSteps = steps });
        var hash = Graph().Build().DefinitionHash;

        hash.Length.ShouldBe(64);
        Graph().Build().DefinitionHash.ShouldBe(hash);
        new[] { Graph(end: "other"), Graph(steps: 99), Graph(label: "yes"), Graph().AddNode("c", Show("c")).AddEdge("done", "c") }
            .Select(changed => changed.Build().DefinitionHash).Append(hash).ShouldBeUnique();
        Workflow.Chain("m", Step.Map("each", Workflow.Chain("e", Append("a"), Append("b"))), Step.Of((IReadOnlyList<string> l) => Task.FromResult(l.Count), "n")).DefinitionHash
            .ShouldNotBe(Workflow.Chain("m", Step.Map("each", Workflow.Chain("e", Append("a"), Append("c"))), Step.Of((IReadOnlyList<string> l) => Task.FromResult(l.Count), "n")).DefinitionHash);
        Workflow.Chain<string>("pinned").Then(Append("a")).Then(Append("b")).Build().DefinitionHash
            .ShouldBe("efe2d94d690cbe1d3798d7d81cdd5a2a26a19c03fe5c19f734f8cef01dbf1a0e", "the hash of a definition must not change between versions, or every open run parks");
    }
}
