using Loomflow.Redis.Memory;
using StackExchange.Redis;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>Memory through real processes: workers that have nothing in common but Redis, and a provider that records what it is shown.</summary>
public sealed class MemoryTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAgentOnOneWorkerRecallsWhatOneOnAnotherRemembered_AndNobodyElsesIs()
    {
        await using var model = await ModelServer.StartAsync(asked => IsClassifier(asked) ? "tech" : "Turn the blue knob.");
        await using var system = await Topology.StartAsync(new TopologyOptions { Workers = 2, Settings = model.Settings }, Cancelled);
        await system.Workers[1].StopAsync(Cancelled);
        await RunAsync(system, "My espresso machine is called Bruno and it hisses.", "alice", "kitchen");

        // The one that remembered is gone; the one that answers now has never seen alice.
        await system.Workers[1].StartAsync(Cancelled);
        await system.Workers[0].KillAsync();
        var before = model.Requests.Count;
        await RunAsync(system, "It hisses again, what now?", "alice", "kitchen");
        await RunAsync(system, "My espresso machine hisses, what now?", "alice", "garage");
        var inAnotherSession = model.Requests.Count;
        await RunAsync(system, "My espresso machine hisses, what now?", "bob", "kitchen");

        var later = model.Requests.Skip(before).Where(asked => !IsExtractor(asked)).ToList();
        later.Take(2).ShouldAllBe(asked => asked.Conversation.Contains("Bruno"));                     // the conversation goes on
        later[2].Conversation.ShouldContain("Bruno");                                                  // another one recalls it
        model.Requests.Skip(inAnotherSession).ShouldAllBe(asked => !asked.Conversation.Contains("Bruno"));
        later[1].Conversation.ShouldContain("Turn the blue knob.");
    }

    [Fact]
    public async Task ARunsMemoryByName_IsWhereItsAgentsRemember()
    {
        await using var model = await ModelServer.StartAsync(asked => IsClassifier(asked) ? "tech" : "Noted.");
        var settings = model.Settings;
        settings["Memories__research__UseSearchModule"] = "true";
        await using var system = await Topology.StartAsync(new TopologyOptions { Settings = settings }, Cancelled);

        await RunAsync(system, "The tide table is wrong.", "alice", "s1", memory: "research");
        await RunAsync(system, "The tide table is wrong again.", "alice", "s2");

        await using var connection = await ConnectionMultiplexer.ConnectAsync(system.Redis.ConnectionString);
        using var own = new RedisMemory(connection);
        using var research = new RedisMemory(connection, new RedisMemoryOptions { KeyPrefix = "loom:mem:research" });
        (await research.GetProfileAsync(PartitionKey.Named("alice"), Cancelled)).LatestSessions.ShouldBe(["s1"]);
        (await own.GetProfileAsync(PartitionKey.Named("alice"), Cancelled)).LatestSessions.ShouldBe(["s2"]);
    }

    [Fact]
    public async Task FactsAreTakenInTheBackground_AtTheUsersExpense_BeforeAWorkerHasStopped()
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var model = await ModelServer.StartAsync(async asked =>
        {
            if (!IsExtractor(asked)) return IsClassifier(asked) ? "tech" : "Noted.";
            await answered.Task;
            return """{"facts":[{"subject":"user","predicate":"drives","object":"a Tatra"}]}""";
        });
        var settings = model.Settings;
        settings["Memory__Extraction__Model"] = "gpt-4.1-mini";
        settings["UserLimits__Budget__MaxTokens"] = "100000";
        await using var system = await Topology.StartAsync(new TopologyOptions { Settings = settings }, Cancelled);

        await RunAsync(system, "I drive a Tatra, and its app has an error.", "alice", "s1");
        answered.SetResult();
        await system.Workers[0].StopAsync(Cancelled);

        await using var connection = await ConnectionMultiplexer.ConnectAsync(system.Redis.ConnectionString);
        using var memory = new RedisMemory(connection);
        (await memory.RecallFactsAsync(PartitionKey.Named("alice"), new FactQuery("drives"), Cancelled))[0].Item.Object.ShouldBe("a Tatra");
        var spent = await new Redis.Budgets.RedisBudgetLedger(connection).GetSpentAsync(PartitionKey.Named("alice"), TimeSpan.FromDays(1), Cancelled);
        spent.TotalTokens.ShouldBe(model.Requests.Count * 120);
        model.Requests.Count(IsExtractor).ShouldBe(2);
    }

    private static bool IsClassifier(ModelServer.Asked asked) => asked.System.Contains("You label support requests", StringComparison.Ordinal);

    private static bool IsExtractor(ModelServer.Asked asked) => asked.System.Contains("lasting facts", StringComparison.Ordinal);

    private static async Task RunAsync(Topology system, string request, string user, string session, string? memory = null)
    {
        var runId = await system.StartRunAsync("support", request, user, Cancelled, session, memory);
        (await system.EventsAsync(runId, Cancelled))[^1].ShouldBeOfType<RunCompleted>(system.Tails);
    }
}
