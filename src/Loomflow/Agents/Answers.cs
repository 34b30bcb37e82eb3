using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What a model answered, put into a form that can be relied on.</summary>
internal static class Answers
{
    /// <summary>The calls that the agent is to make.</summary>
    public static List<FunctionCallContent> CallsOf(IEnumerable<ChatMessage> messages)
    {
        List<FunctionCallContent> calls = [];
        foreach (var message in messages)
        {
            if (message.Role != ChatRole.Assistant) continue;
            foreach (var content in message.Contents)
            {
                if (content is FunctionCallContent { InformationalOnly: false } call) calls.Add(call);
            }
        }

        return calls;
    }

    /// <summary>One message whose calls have ids, each a different one: some models leave them out or repeat them.</summary>
    public static IReadOnlyList<ChatMessage> Normalize(IList<ChatMessage> messages, int turn)
    {
        var answer = messages.Count == 1 ? messages[0] : Joined(messages);
        HashSet<string>? seen = null;
        for (var i = 0; i < answer.Contents.Count; i++)
        {
            if (answer.Contents[i] is not FunctionCallContent call) continue;
            if (call.CallId.Length > 0 && (seen ??= []).Add(call.CallId)) continue;
            var renamed = new FunctionCallContent($"call_{turn}_{i}", call.Name, call.Arguments) { Exception = call.Exception, InformationalOnly = call.InformationalOnly };
            (seen ??= []).Add(renamed.CallId);
            answer.Contents[i] = renamed;
        }

        return [answer];
    }

    private static ChatMessage Joined(IList<ChatMessage> messages) => new(ChatRole.Assistant, [.. messages.SelectMany(message => message.Contents)]);
}
