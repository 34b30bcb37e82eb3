using System.Collections.Concurrent;
using System.Text.Json;
using Loomflow.Audit;
using Loomflow.Tests.Audit;
using Microsoft.Extensions.AI;
using static Loomflow.Tests.Workflows.Steps;

namespace Loomflow.Tests.Context;

/// <summary>What a run is, everything that works for it can see; nothing else can, and nothing of it remains.</summary>
public class InheritanceTests
{
    private static Step<string, string> Look(ConcurrentBag<RunContext> seen, string name = "look") => Step.Of(async (string text) =>
    {
        seen.Add(RunContext.Current!);
        await Task.Yield();
        seen.Add(RunContext.Current!);
        await Task.Run(() => seen.Add(RunContext.Current!));
        var thread = new Thread(() => seen.Add(RunContext.Current!));
        thread.Start();
        thread.Join();
        return text;
    }, name);

    [Fact]
    public async Task Context_IsSeenInEveryStepAndThread_AndNestedNodesShareTheRun()
    {
        var seen = new ConcurrentBag<RunContext>();
        var inner = Workflow.Chain("inner", Look(seen), Step.Map("m", Step.Of((char c) => { seen.Add(RunContext.Current!); return Task.FromResult(c); }, "e")).Adapt());
        var outer = Workflow.Chain("outer", Look(seen), inner);

        var result = await outer.RunAsync("ab", new RunOptions { UserId = "alice", SessionId = "conv-1", Metadata = new Dictionary<string, string> { ["plan"] = "gold" } }, Token);

        seen.Count.ShouldBe(10);
        seen.ShouldAllBe(context => context.UserId == "alice" && context.SessionId == "conv-1" && context.Metadata["plan"] == "gold" && context.RunId == result.RunId);
    }

    [Fact]
    public async Task Context_IsRestored_AfterSuccessFailureAndCancellation()
    {
        var ok = Workflow.Chain("ok", Append("a"));
        await ok.RunAsync("x", new RunOptions { UserId = "alice" }, Token);
        RunContext.Current.ShouldBeNull();
        await Should.ThrowAsync<FormatException>(() => Workflow.Chain("bad", Throw("t", new FormatException())).RunAsync(null, new RunOptions { UserId = "alice" }, Token));
        RunContext.Current.ShouldBeNull();
        await Should.ThrowAsync<OperationCanceledException>(() => ok.RunAsync("x", cancellationToken: new CancellationToken(true)));
        RunContext.Current.ShouldBeNull();

        var within = Step.Of(async (string text) =>
        {
            var mine = StepScope.Current;
            await ok.RunAsync(text, new RunOptions { UserId = "bob" }, Token);
            StepScope.Current.ShouldBeSameAs(mine);
            return RunContext.Current!.UserId!;
        }, "within");
        (await Workflow.Chain("outer", within).RunAsync("x", new RunOptions { UserId = "alice" }, Token)).Output.ShouldBe("alice");
    }

    [Fact]
    public async Task NestedRun_InheritsWhatItDoesNotSay_AndKeepsWhatItSays()
    {
        var log = new InMemoryAuditLog(AuditSamples.Key());
        var seen = new ConcurrentBag<RunContext>();
        var plain = Workflow.Chain("plain", Look(seen));
        var toned = Workflow.Chain("toned", Look(seen), new WorkflowOptions { ResponseTone = "casual" });
        var step = Step.Of(async (string text) =>
        {
            await plain.RunAsync(text, cancellationToken: Token);
            await toned.RunAsync(text, cancellationToken: Token);
            await toned.RunAsync(text, new RunOptions { ResponseTone = "formal", UserId = "bob", Metadata = new Dictionary<string, string> { ["b"] = "2" } }, Token);
            return text;
        }, "call");

        var outer = await Workflow.Chain("outer", step, new WorkflowOptions { ResponseTone = "executive", AuditLog = log })
            .RunAsync("x", new RunOptions { UserId = "alice", Metadata = new Dictionary<string, string> { ["a"] = "1" } }, Token);

        var runs = seen.DistinctBy(context => context.RunId).OrderBy(context => context.RunId, StringComparer.Ordinal).ToArray();
        runs.Select(context => (context.UserId, context.ResponseTone, string.Join(",", context.Metadata.Keys.Order())))
            .ShouldBe([("alice", "executive", "a"), ("alice", "casual", "a"), ("bob", "formal", "a,b")], ignoreOrder: true);
        runs.ShouldAllBe(context => context.Run.ParentRunId == outer.RunId && context.Run.RootRunId == outer.RunId && context.SessionId == outer.Run.SessionId);
        log.Query(new AuditQuery { RootRunId = outer.RunId, Action = AuditAction.WorkflowStarted }).Count.ShouldBe(4, "the audit log goes down too");
    }

    [Fact]
    public async Task NestedNode_WithoutMemoryOrTone_DoesNotHideTheOuterOnes_AndItsOwnWins()
    {
        var memory = new InMemoryMemory();
        var seen = new ConcurrentBag<RunContext>();
        var nested = Workflow.Chain("nested", Look(seen));
        await Workflow.Chain("outer", nested, new WorkflowOptions { ResponseTone = "executive", Memory = memory }).RunAsync("x", cancellationToken: Token);

        seen.ShouldAllBe(context => context.ResponseTone == "executive" && context.Memory == memory);
        seen.Clear();

        var own = new InMemoryMemory();
        var deaf = Workflow.Chain("nested", Look(seen), new WorkflowOptions { ResponseTone = "casual", Memory = own });
        await Workflow.Chain("outer", deaf, new WorkflowOptions { ResponseTone = "executive", Memory = memory }).RunAsync("x", cancellationToken: Token);
        seen.ShouldAllBe(context => context.ResponseTone == "casual" && context.Memory == own);
    }

    [Fact]
    public async Task RunOptions_ComeBeforeTheWorkflowsOptions()
    {
        var seen = new ConcurrentBag<RunContext>();
        await Workflow.Chain("w", Look(seen), new WorkflowOptions { ResponseTone = "casual", Memory = new InMemoryMemory() }).RunAsync("x", new RunOptions { ResponseTone = "formal" }, Token);

        seen.ShouldAllBe(context => context.ResponseTone == "formal" && context.Memory != null);
    }

    [Fact]
    public async Task HundredRunsOfOneDefinition_NeverMix()
    {
        var inner = Workflow.Chain("inner", Step.Of(async (string text) => { await Task.Yield(); return $"{text}/{RunContext.Current!.UserId}"; }, "user"));
        var definition = Workflow.Route<string, string>("support", Step.Of(async (string text) => { await Task.Yield(); return text[^1] % 2 == 0 ? "even" : "odd"; }, "classify"), new()
        {
            ["even"] = inner,
            ["odd"] = Workflow.Parallel("both", [inner, Append("b")], results => string.Join("+", results)),
        });

        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => definition.RunAsync($"in{i}", new RunOptions { UserId = $"user{i}" }, Token), Token)));

        for (var i = 0; i < results.Length; i++) results[i].Output.ShouldBe(i % 2 == 0 ? $"in{i}/user{i}" : $"in{i}/user{i}+in{i}>b");
        results.Select(result => result.RunId).ShouldBeUnique();
    }

    [Fact]
    public async Task Audit_OfARun_HasAPairForEachStep_UnderOneUser_AndVerifies()
    {
        var log = new InMemoryAuditLog(AuditSamples.Key());
        await Workflow.Chain("outer", Append("a"), Workflow.Chain("inner", Append("b"))).RunAsync("x", new RunOptions { UserId = "alice", AuditLog = log }, Token);

        var entries = log.Query(new AuditQuery { Partition = PartitionKey.Named("alice") });
        entries.Select(record => $"{record.Entry.Action} {record.Entry.Node}".TrimEnd()).ShouldBe(
        [
            "workflow_started", "step_started a", "step_completed a", "step_started inner", "workflow_started inner", "step_started inner/b", "step_completed inner/b",
            "workflow_completed inner", "step_completed inner", "workflow_completed",
        ]);
        log.Verify().IsIntact.ShouldBeTrue();
    }

    [Theory]
    [InlineData(AuditAction.WorkflowStarted, 0)]
    [InlineData(AuditAction.StepStarted, 0)]
    [InlineData(AuditAction.StepCompleted, 1)]
    public async Task Audit_ThatRefuses_StopsWhatItAnnounces(string refused, int calls)
    {
        var called = 0;
        var workflow = Workflow.Chain("closed", Step.Of((string text) => { called++; return Task.FromResult(text); }, "a"), Step.Of((string text) => { called++; return Task.FromResult(text); }, "b"));

        await Should.ThrowAsync<AuditUnavailableException>(() => workflow.RunAsync("x", new RunOptions { AuditLog = new Refusing(refused) }, Token));

        called.ShouldBe(calls);
    }

    [Fact]
    public async Task AsTool_RunsAsAChild_WithTheCallersContext_AndItsUsageCounts()
    {
        var seen = new ConcurrentBag<RunContext>();
        var spend = Step.Of((string text) => { StepScope.Current!.Usage.Add(new Usage(InputTokens: 7)); return Task.FromResult(text); }, "spend");
        var tool = Workflow.Chain("refund flow!", Look(seen), spend).AsTool();
        var call = Step.Of(async (string text) => (string)(await tool.InvokeAsync(new AIFunctionArguments { ["input"] = text }, Token))!, "call");

        var result = await Workflow.Chain("outer", call).RunAsync("INV-1", new RunOptions { UserId = "alice", ResponseTone = "formal" }, Token);

        (result.Output, result.Usage.InputTokens).ShouldBe(("INV-1", 7));
        seen.ShouldAllBe(context => context.UserId == "alice" && context.ResponseTone == "formal" && context.Run.ParentRunId == result.RunId);
    }

    [Fact]
    public async Task AsTool_NameDescriptionAndSchema()
    {
        var workflow = Workflow.Chain("refund flow!", Append("a"));
        var tool = workflow.AsTool();
        (tool.Name, tool.Description).ShouldBe(("refund_flow_", "Run the 'refund flow!' workflow."));
        tool.JsonSchema.GetRawText().ShouldBe("""{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}""");
        var named = workflow.AsTool("refund", "Refunds an invoice.", inputArg: "invoice");
        (named.Name, named.Description, named.JsonSchema.GetProperty("required")[0].GetString()).ShouldBe(("refund", "Refunds an invoice.", "invoice"));

        var typed = Workflow.Chain("typed", Step.Of((Order order) => Task.FromResult(order with { Amount = order.Amount * 2 }), "double")).AsTool();
        typed.JsonSchema.GetProperty("properties").GetProperty("input").GetProperty("properties").GetProperty("amount").GetRawText().ShouldContain("number");
        (await typed.InvokeAsync(new AIFunctionArguments { ["input"] = JsonDocument.Parse("""{"id":"A1","amount":4}""").RootElement }, Token)).ShouldBe(new Order("A1", 8));
        (await Should.ThrowAsync<ArgumentException>(() => typed.InvokeAsync([], Token).AsTask())).Message.ShouldBe("The argument 'input' is missing.");
    }

    private sealed record Order(string Id, decimal Amount);

    private sealed class Refusing(string action) : IAuditLog
    {
        private readonly InMemoryAuditLog _log = new(AuditSamples.Key());

        public ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default) =>
            entry.Action == action ? throw new AuditUnavailableException("the disk is full") : _log.AppendAsync(entry, cancellationToken);
    }
}

file static class MapExtensions
{
    /// <summary>A text as its characters.</summary>
    public static Step<string, string> Adapt(this Step<IReadOnlyList<char>, IReadOnlyList<char>> map) =>
        Workflow.Chain("chars", Step.Of((string text) => Task.FromResult<IReadOnlyList<char>>([.. text]), "split"), map, Step.Of((IReadOnlyList<char> chars) => Task.FromResult(string.Concat(chars)), "concat"));
}
