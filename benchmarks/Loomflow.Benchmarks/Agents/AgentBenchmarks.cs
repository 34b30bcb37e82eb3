using BenchmarkDotNet.Attributes;
using Loomflow.Audit;
using Microsoft.Extensions.AI;

namespace Loomflow.Benchmarks.Agents;

/// <summary>What an agent's loop costs around a model that answers at once.</summary>
[MemoryDiagnoser]
public class AgentBenchmarks
{
    private readonly Agent _echo = new("Be brief.", Models.Echo());
    private readonly Agent _tool = new("Help.", new CallsOnce(), new AgentOptions { Tools = [Tool.Of((int a, int b) => a + b, "add")] });
    private readonly RunOptions _plain = new() { UserId = "ada", SessionId = "s" };
    private RunOptions _audited = null!;

    [GlobalSetup]
    public void Setup() => _audited = _plain with { AuditLog = new InMemoryAuditLog() };

    [Benchmark(Baseline = true)]
    public Task<AgentResult> Echo() => _echo.RunAsync("hello there", _plain);

    [Benchmark]
    public Task<AgentResult> EchoWithSignedAuditInMemory() => _echo.RunAsync("hello there", _audited);

    [Benchmark]
    public Task<AgentResult> OneToolCall() => _tool.RunAsync("go", _plain);

    /// <summary>Asks for the tool, then answers. A scripted model would keep every call.</summary>
    private sealed class CallsOnce() : DelegatingChatClient(Models.Echo())
    {
        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            messages.Last().Role == ChatRole.Tool
                ? base.GetResponseAsync(messages, options, cancellationToken)
                : Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("call_1", "add", new Dictionary<string, object?> { ["a"] = 1, ["b"] = 2 })])));
    }
}
