using System.ComponentModel;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.AgentWorker.Agents;

/// <summary>One agent with one tool. Workflows reach it as <c>Agents.Remote("assistant")</c>.</summary>
internal static class AssistantAgent
{
    public static Agent Create(IChatClient model, IServiceProvider services) => new(
        """
        You answer questions, briefly.
        When the user asks for the time or the date, use the current_time tool.
        """,
        model,
        new AgentOptions
        {
            Name = "assistant",
            Description = "Answers questions.",
            Tools = [Tool.Of(CurrentTime, name: "current_time")],
            MaxTurns = 6,
        });

    [Description("The time and the date in UTC.")]
    private static string CurrentTime() => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
