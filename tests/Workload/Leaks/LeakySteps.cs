using System.Runtime.CompilerServices;
using Loomflow.Aspire.AgentWorker.Hosting;
using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.Workload.Leaks;

/// <summary>Steps, an agent and tools that are given secrets, give them away and stumble over them.</summary>
internal static class LeakySteps
{
    public static IHostApplicationBuilder AddLeakySteps(this IHostApplicationBuilder builder)
    {
        builder.AddStep("leak", services => Step.Of((string text) =>
        {
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Leaks").LogWarning("Leaking {What}.", Leak.Text);
            return Task.FromResult($"{text} {Leak.Text}");
        }, "leak"));
        builder.AddStep("stumble", Step.Of<string, string>(Leak.Throw, "stumble"));
        builder.AddStep("leaker", _ => new Agent(
            "You give secrets away.",
            new OddPieces(Models.Scripted(Answer)),
            new AgentOptions
            {
                Name = "leaker",
                Tools = [Tool.Of(Reveal, "reveal", "Reveals."), Tool.Of((Func<string, Task<string>>)Leak.Throw, "stumble", "Stumbles.")],
                RememberToolCalls = true,
            }));
        return builder;
    }

    private static ScriptedTurn Answer(ModelCall call) => call.Messages.SelectMany(message => message.Contents.OfType<FunctionResultContent>()).Count() switch
    {
        0 => new ScriptedTurn { Text = $"I shall reveal {Leak.Text}" }.AndCall("reveal", new { what = Leak.Text }),
        1 => ScriptedTurn.Call("stumble", new { text = Leak.Text }),
        _ => ScriptedTurn.Say($"It is {Leak.Text}"),
    };

    private static string Reveal(string what) => $$"""{"leaky_canary":"{{what.Length}}","found":{{Leak.Json}}}""";

    /// <summary>Streams as no tokeniser would: three characters at a time.</summary>
    private sealed class OddPieces(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
            {
                if (update.Text.Length == 0) yield return update;
                else foreach (var piece in update.Text.Chunk(3)) yield return new ChatResponseUpdate(update.Role, new string(piece)) { ModelId = update.ModelId };
            }
        }
    }
}
