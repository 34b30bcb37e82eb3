using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>One call of a model, as a <see cref="ScriptedModel"/> saw it.</summary>
/// <param name="Messages">The conversation as it was at the time.</param>
/// <param name="Options">The options, tools among them.</param>
/// <param name="Streaming">Whether the answer was asked for piece by piece.</param>
public sealed record ModelCall(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options, bool Streaming)
{
    /// <summary>The first system message: instructions, schema and tone.</summary>
    public string System => Messages.FirstOrDefault(message => message.Role == ChatRole.System)?.Text ?? "";

    /// <summary>What the user said last.</summary>
    public string LastUserText => Messages.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";

    /// <summary>The results of tool calls in the conversation, in order.</summary>
    public IEnumerable<string> ToolResults =>
        Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.Result?.ToString() ?? "");
}
