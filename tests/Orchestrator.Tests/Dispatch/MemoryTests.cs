using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Redis.Memory;
using Loomflow.Testing;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>Whose memory an agent works with when it runs in another process: its own, else the run's, else the innermost workflow's, else its host's.</summary>
public sealed class MemoryTests(RedisFixture fixture)
{
    private readonly string _redis = fixture.Redis.NewDatabase();
    private readonly string _agent = $"agent-{Guid.NewGuid():n}";
    private readonly string _user = $"user-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, null, null, "loom:mem")]
    [InlineData(null, null, "drafts", "loom:mem:drafts")]
    [InlineData(null, "research", "drafts", "loom:mem:research")]
    [InlineData("own", "research", "drafts", "loom:mem:own")]
    public async Task An_agent_of_a_worker_remembers_where_the_documented_order_says(string? agent, string? run, string? workflow, string expected)
    {
        await using var worker = await StartWorkerAsync(agent);
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var inner = Asking("inner", Named(workflow));

        await inner.RunAsync("I like tea", new RunOptions { UserId = _user, Dispatcher = dispatching.Dispatcher, Memory = Named(run) }, Cancellation);

        await using var connection = await ConnectionMultiplexer.ConnectAsync(_redis);
        foreach (var prefix in (string[])["loom:mem", "loom:mem:drafts", "loom:mem:research", "loom:mem:own"])
        {
            using var memory = new RedisMemory(connection, new RedisMemoryOptions { KeyPrefix = prefix });
            (await memory.GetProfileAsync(PartitionKey.Named(_user), Cancellation)).Episodes.ShouldBe(prefix == expected ? 1 : 0, prefix);
        }
    }

    [Fact]
    public async Task A_nested_workflows_memory_hides_the_outer_one_and_none_does_not()
    {
        await using var worker = await StartWorkerAsync(null);
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var without = Asking("without", null);
        var drafting = Asking("drafting", Named("drafts"));
        var outer = new WorkflowBuilder("outer").AddNode("first", without).AddNode("second", drafting).AddEdge("first", "second").SetStart("first")
            .WithOptions(new WorkflowOptions { Memory = Named("research") }).Build();

        await outer.RunAsync("I like tea", new RunOptions { UserId = _user, Dispatcher = dispatching.Dispatcher }, Cancellation);

        await using var connection = await ConnectionMultiplexer.ConnectAsync(_redis);
        using var research = new RedisMemory(connection, new RedisMemoryOptions { KeyPrefix = "loom:mem:research" });
        using var drafts = new RedisMemory(connection, new RedisMemoryOptions { KeyPrefix = "loom:mem:drafts" });
        (await research.GetProfileAsync(PartitionKey.Named(_user), Cancellation)).Episodes.ShouldBe(1);
        (await drafts.GetProfileAsync(PartitionKey.Named(_user), Cancellation)).Episodes.ShouldBe(1);
    }

    [Fact]
    public async Task A_memory_of_this_process_alone_fails_the_remote_step_and_says_what_to_do()
    {
        await using var worker = await StartWorkerAsync(null);
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Asking("local", null);

        var failure = await Should.ThrowAsync<Exception>(() => workflow.RunAsync(
            "hi", new RunOptions { UserId = _user, Dispatcher = dispatching.Dispatcher, Memory = new InMemoryMemory() }, Cancellation));

        failure.Message.ShouldContain("SharedMemory.Named");
    }

    [Fact]
    public async Task A_memory_that_the_worker_does_not_know_fails_the_step_before_it_begins()
    {
        await using var worker = await StartWorkerAsync(null);
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Asking("elsewhere", Named("plans"));

        var failure = await Should.ThrowAsync<Exception>(() => workflow.RunAsync("hi", new RunOptions { UserId = _user, Dispatcher = dispatching.Dispatcher }, Cancellation));

        failure.Message.ShouldContain("Memories:plans");
    }

    [Fact]
    public async Task A_users_budget_is_one_for_all_workers_and_agents()
    {
        (string, string)[] limit = [("UserLimits:Budget:MaxOutputTokens", "1000")];
        await using var worker = await StartWorkerAsync(null, limit);
        await using var another = await StartWorkerAsync(null, limit);
        await using var dispatching = await Dispatching.StartAsync(_redis);
        var workflow = Asking("asks", null);

        var asked = Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await workflow.RunAsync("hi", new RunOptions { UserId = _user, Dispatcher = dispatching.Dispatcher }, Cancellation);
                return "answered";
            }
            catch (StepFailedException stopped)
            {
                return stopped.Message;
            }
        });
        var outcomes = await Task.WhenAll(asked);

        // Each call takes 200, and is let through while there is room for the 256 that it is expected to take.
        outcomes.Count(outcome => outcome == "answered").ShouldBeInRange(3, 4);
        outcomes.Where(outcome => outcome != "answered").ShouldAllBe(outcome => outcome.Contains("user_max_output_tokens"));
    }

    private Task<WorkerHost> StartWorkerAsync(string? ownMemory, params (string, string)[] settings) => WorkerHost.StartAsync(
        _redis,
        host => host.AddStep(_agent, services => new Agent(
            "You answer.",
            Models.Scripted(_ => ScriptedTurn.Say("Noted.") with { Usage = new() { OutputTokenCount = 200 } }),
            new AgentOptions { Name = _agent, Memory = ownMemory is null ? null : services.GetRequiredKeyedService<IMemory>(ownMemory) })),
        [.. settings, .. ((string[])["own", "research", "drafts"]).Select(name => ($"Memories:{name}:KeyPrefix", $"loom:mem:{name}"))]);

    private Workflow<object?, object?> Asking(string name, IMemory? memory) =>
        new WorkflowBuilder(name).AddNode("agent", Agents.Remote(_agent)).SetStart("agent").WithOptions(new WorkflowOptions { Memory = memory }).Build();

    private static SharedMemory? Named(string? name) => name is null ? null : SharedMemory.Named(name);
}
