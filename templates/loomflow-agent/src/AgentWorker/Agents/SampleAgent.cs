using System.ComponentModel;
using Microsoft.Extensions.AI;

namespace RootNamespace.Agents;

/// <summary>An agent with one tool. Workflows reach it as <c>Agents.Remote("sample_key")</c>.</summary>
internal static class SampleAgent
{
    public static Agent Create(IChatClient model, IServiceProvider services) => new(
        """
        You help with what the user asks, briefly and concretely.
        Use the look_up tool for facts, and say so if it finds nothing.
        """,
        model,
        new AgentOptions
        {
            Name = "sample_key",
            Description = "What it is for: other agents read this when they choose.",
            Tools = [Tool.Of(LookUp, name: "look_up")],
            MaxTurns = 6,
        });

    [Description("Looks something up.")]
    private static string LookUp([Description("What to look for.")] string question) => $"Nothing is known about '{question}' yet.";
}
