using Loomflow.Testing;
using ModelContextProtocol.Server;

namespace Loomflow.Mcp.Tests;

public class McpToolsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static McpServerTool ToolOf(Delegate method, string name, bool? readOnly = null, bool? destructive = null) =>
        McpServerTool.Create(method, new McpServerToolCreateOptions { Name = name, ReadOnly = readOnly, Destructive = destructive });

    [Fact]
    public async Task Agent_CallsAServersTool()
    {
        await using var server = new PipedServer(ToolOf((string city) => $"sunny in {city}", "weather", readOnly: true));
        await using var tools = new McpTools([server.Spec("meteo")]);
        var model = Models.Scripted(ScriptedTurn.Call("weather", new { city = "Rome" }), "done");

        await new Agent("x", model, new() { ToolSources = [tools] }).RunAsync("go", cancellationToken: Stop);

        model.Calls[1].ToolResults.ShouldBe(["sunny in Rome"]);
        server.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Effects_FollowTheHints_AndSilenceMeansDestructive()
    {
        await using var server = new PipedServer(
            ToolOf(() => 1, "reads", readOnly: true), ToolOf(() => 1, "edits", readOnly: false, destructive: false), ToolOf(() => 1, "wipes", destructive: true), ToolOf(() => 1, "silent"));
        await using var tools = new McpTools([server.Spec("s")]);

        var effects = (await tools.ListAsync(Stop)).ToDictionary(tool => tool.Name, Tool.EffectOf);

        effects.ShouldBe(new Dictionary<string, ToolEffect>
        {
            ["reads"] = ToolEffect.None, ["edits"] = ToolEffect.Edit, ["wipes"] = ToolEffect.Destructive, ["silent"] = ToolEffect.Destructive,
        }, ignoreOrder: true);
    }

    [Fact]
    public async Task DestructiveTool_IsNotCalledWithoutConsent()
    {
        var called = false;
        await using var server = new PipedServer(ToolOf(() => { called = true; }, "wipe"));
        await using var tools = new McpTools([server.Spec("s")]);
        var model = Models.Scripted(ScriptedTurn.Call("wipe"), "done");

        await new Agent("x", model, new() { ToolSources = [tools] }).RunAsync("go", cancellationToken: Stop);

        called.ShouldBeFalse();
        model.Calls[1].ToolResults.Single().ShouldContain("refused");
    }

    [Fact]
    public async Task DeadServer_HasNoToolsAndKeepsNobodyElseFromTheirs()
    {
        var clock = new ManualTimeProvider();
        await using var alive = new PipedServer(ToolOf(() => 1, "one"));
        await using var dead = new PipedServer(ToolOf(() => 2, "two")) { Down = true };
        await using var tools = new McpTools([alive.Spec("alive"), dead.Spec("dead")], new McpToolsOptions { Time = clock });

        (await tools.ListAsync(Stop)).Select(tool => tool.Name).ShouldBe(["one"]);
        tools.Unavailable["dead"].ShouldContain("refused");
        var tried = dead.Connections;
        dead.Down = false;
        (await tools.ListAsync(Stop)).Count.ShouldBe(1);
        dead.Connections.ShouldBe(tried);

        clock.Advance(TimeSpan.FromSeconds(31));
        (await tools.ListAsync(Stop)).Select(tool => tool.Name).ShouldBe(["one", "two"]);
        tools.Unavailable.ShouldBeEmpty();
    }

    [Fact]
    public async Task SharedNames_AreQualified()
    {
        await using var a = new PipedServer(ToolOf(() => "from a", "search", readOnly: true), ToolOf(() => 1, "only_a"));
        await using var b = new PipedServer(ToolOf(() => "from b", "search", readOnly: true));
        await using var tools = new McpTools([a.Spec("a"), b.Spec("b")]);

        var listed = await tools.ListAsync(Stop);

        listed.Select(tool => tool.Name).ShouldBe(["a__search", "only_a", "b__search"], ignoreOrder: true);
        (await listed.Single(tool => tool.Name == "b__search").InvokeAsync(cancellationToken: Stop)).ShouldBe("from b");
        Should.Throw<ArgumentException>(() => new McpTools([a.Spec("a"), b.Spec("a")]));
    }

    [Fact]
    public async Task ConnectingIsTriedAgain_ACallThatWasSentIsNot()
    {
        var calls = 0;
        PipedServer server = null!;
        server = new PipedServer(ToolOf(async () =>
        {
            calls++;
            await server.DropAsync();
            return "never seen";
        }, "charge")) { Refuse = 1 };
        await using var tools = new McpTools([server.Spec("s")]);

        var charge = (await tools.ListAsync(Stop)).Single();
        server.Connections.ShouldBe(2);
        await Should.ThrowAsync<Exception>(async () => await charge.InvokeAsync(cancellationToken: Stop));

        calls.ShouldBe(1);
    }

    [Fact]
    public async Task LostConnection_IsMadeAgainForTheNextCall()
    {
        await using var server = new PipedServer(ToolOf(() => "ok", "t", readOnly: true));
        await using var tools = new McpTools([server.Spec("s")]);
        var tool = (await tools.ListAsync(Stop)).Single();
        await server.DropAsync();

        object? result = null;
        for (var attempt = 0; result is null && attempt < 500; attempt++)
        {
            // The client learns of the loss when its stream ends, which may take a moment; a call that goes into the old pipe fails and is not repeated.
            try { result = await tool.InvokeAsync(cancellationToken: new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token); }
            catch (Exception) { await Task.Delay(10, Stop); }
        }

        result.ShouldBe("ok");
        server.Connections.ShouldBe(2);
    }

    [Fact]
    public async Task ListChanged_IsSeenByTheNextRun()
    {
        await using var server = new PipedServer(ToolOf(() => 1, "old"));
        await using var tools = new McpTools([server.Spec("s")]);
        (await tools.ListAsync(Stop)).Count.ShouldBe(1);

        server.Tools.Add(ToolOf(() => 2, "new"));

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while ((await tools.ListAsync(limit.Token)).Count < 2) await Task.Delay(10, limit.Token);
        server.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task ErrorOfATool_IsToldToTheModel()
    {
        await using var server = new PipedServer(ToolOf(string () => throw new ModelContextProtocol.McpException("no such invoice"), "lookup", readOnly: true));
        await using var tools = new McpTools([server.Spec("s")]);
        var model = Models.Scripted(ScriptedTurn.Call("lookup"), "done");

        await new Agent("x", model, new() { ToolSources = [tools] }).RunAsync("go", cancellationToken: Stop);

        model.Calls[1].ToolResults.Single().ShouldContain("no such invoice");
    }
}
