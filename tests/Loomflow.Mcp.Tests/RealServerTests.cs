using System.Diagnostics;
using Loomflow.Testing;

namespace Loomflow.Mcp.Tests;

/// <summary>Servers that are processes of their own, over both transports.</summary>
public sealed class RealServerTests
{
    private static readonly string s_server = Path.Combine(AppContext.BaseDirectory, "Loomflow.McpDesk.dll");

    // Starting a process takes its time on a busy machine.
    private static readonly McpToolsOptions s_patient = new() { ConnectTimeout = TimeSpan.FromSeconds(120) };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static McpServerSpec Process(IReadOnlyDictionary<string, string>? environment = null) => McpServerSpec.Stdio("desk", "dotnet", [s_server], environment);

    [Fact]
    public async Task Stdio_TheServerIsStarted_AndAnAgentCallsItsTools()
    {
        await using var tools = new McpTools([Process()], s_patient);

        await AgentGetsAnAnswerAsync(tools);
    }

    [Fact]
    public async Task Stdio_TheServerSeesTheVariablesItIsGiven_AndNoneOfThisProcess()
    {
        Environment.SetEnvironmentVariable("LOOMFLOW_TEST_SECRET", "sk-secret");
        await using var tools = new McpTools([Process(new Dictionary<string, string> { ["DESK_REGION"] = "eu" })], s_patient);
        var environment = (await tools.ListAsync(Stop)).Single(tool => tool.Name == "environment");

        async Task<object?> ValueOf(string name) => await environment.InvokeAsync(new() { ["name"] = name }, Stop);
        (await ValueOf("DESK_REGION")).ShouldBe("eu");
        (await ValueOf("LOOMFLOW_TEST_SECRET")).ShouldBe("(not set)");
    }

    [Fact]
    public async Task Stdio_AServerThatDiesInACall_FailsThatCall_AndIsStartedForTheNext()
    {
        await using var tools = new McpTools([Process()], s_patient);
        var listed = (await tools.ListAsync(Stop)).ToDictionary(tool => tool.Name);

        await Should.ThrowAsync<Exception>(async () => await listed["crash"].InvokeAsync(cancellationToken: Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Stop));

        (await listed["charge"].InvokeAsync(new() { ["account"] = "A" }, Stop)).ShouldBe("charged A, 1 in all", "it is another process");
    }

    [Fact]
    public async Task Stdio_AProgramThatIsNotThere_IsSaidSo()
    {
        await using var tools = new McpTools([McpServerSpec.Stdio("ghost", "no-such-program")], s_patient);

        (await tools.ListAsync(Stop)).ShouldBeEmpty();
        tools.Unavailable["ghost"].ShouldContain("no-such-program");
    }

    [Fact]
    public async Task Http_AnAgentCallsTheTools_OfAServerBehindASocket()
    {
        await using var server = await ListeningServer.StartAsync(s_server, Stop);
        await using var tools = new McpTools([McpServerSpec.Http("desk", server.Address, new Dictionary<string, string> { ["Authorization"] = "Bearer desk-key" })], s_patient);

        await AgentGetsAnAnswerAsync(tools);
    }

    [Fact]
    public async Task Http_WithoutTheCredential_ThereAreNoTools_AndTheReasonIsTold()
    {
        await using var server = await ListeningServer.StartAsync(s_server, Stop);
        await using var tools = new McpTools([McpServerSpec.Http("desk", server.Address)], s_patient);

        (await tools.ListAsync(Stop)).ShouldBeEmpty();
        tools.Unavailable["desk"].ShouldContain("401");
    }

    private static async Task AgentGetsAnAnswerAsync(McpTools tools)
    {
        var model = Models.Scripted(ScriptedTurn.Call("weather", new { city = "Rome" }).AndCall("charge", new { account = "A" }), "done");
        var agent = new Agent("x", model, new() { ToolSources = [tools], Approvals = Approvals.From((_, _) => new(new ApprovalDecision { Outcome = ApprovalOutcome.Approved })) });

        (await agent.RunAsync("go", cancellationToken: Stop)).Output.ShouldBe("done");

        model.Calls[1].ToolResults.ShouldBe(["sunny in Rome", "charged A, 1 in all"]);
    }

    /// <summary>The server as a process that listens, until this is disposed.</summary>
    private sealed class ListeningServer(Process process, Uri address) : IAsyncDisposable
    {
        public Uri Address { get; } = address;

        public static async Task<ListeningServer> StartAsync(string server, CancellationToken cancellationToken)
        {
            var process = ProcessStarter.Start(new ProcessStartInfo("dotnet", [server, "http"]) { RedirectStandardInput = true, RedirectStandardOutput = true });
            var address = await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
            return new ListeningServer(process, new Uri(address!));
        }

        public async ValueTask DisposeAsync()
        {
            process.StandardInput.Close();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            finally
            {
                if (!process.HasExited) process.Kill();
                process.Dispose();
            }
        }
    }
}
