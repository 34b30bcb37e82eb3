using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Episodes as the messages that they were.</summary>
public static class SessionMessages
{
    /// <summary>The messages of one exchange: the user's, then each tool call with its result, then the answer.</summary>
    public static IEnumerable<ChatMessage> Of(Episode episode, bool includeToolCalls = true)
    {
        ArgumentNullException.ThrowIfNull(episode);
        return Messages(episode, includeToolCalls);
    }

    /// <summary>The last messages of a conversation, oldest first: those of its newest <paramref name="limit"/> episodes.</summary>
    public static async ValueTask<IReadOnlyList<ChatMessage>> GetSessionMessagesAsync(
        this IMemory memory, PartitionKey partition, string sessionId, int limit = 10, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(memory);
        var episodes = await memory.GetSessionAsync(partition, sessionId, limit, cancellationToken).ConfigureAwait(false);
        return [.. episodes.SelectMany(episode => Of(episode))];
    }

    private static IEnumerable<ChatMessage> Messages(Episode episode, bool includeToolCalls)
    {
        yield return new ChatMessage(ChatRole.User, episode.Input) { CreatedAt = episode.OccurredAt };
        if (includeToolCalls)
        {
            foreach (var call in episode.ToolCalls)
            {
                yield return new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(call.CallId, call.Name, Arguments(call))]);
                yield return new ChatMessage(ChatRole.Tool, [new FunctionResultContent(call.CallId, call.Result)]);
            }
        }

        yield return new ChatMessage(ChatRole.Assistant, episode.Output) { AuthorName = episode.Agent };
    }

    private static Dictionary<string, object?>? Arguments(EpisodeToolCall call)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, object?>>(call.Arguments, PayloadSerializer.Options);
        }
        catch (JsonException)
        {
            // A model can write arguments that are no JSON object. The call failed then, and its result says so.
            return null;
        }
    }
}
