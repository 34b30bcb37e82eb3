using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Tells messages that the framework put into the conversation from what was said. Goes into the journal with the message.</summary>
internal static class Marks
{
    public const string Repair = "repair";
    public const string StopHook = "stop_hook";
    public const string Steering = "steering";
    public const string Memory = "memory";
    private const string Key = "loomflow";

    public static ChatMessage Put(string mark, string text) => Put(mark, new ChatMessage(ChatRole.User, text));

    public static ChatMessage Put(string mark, ChatMessage message)
    {
        (message.AdditionalProperties ??= [])[Key] = mark;
        return message;
    }

    public static string? Of(ChatMessage message) =>
        message.AdditionalProperties is { } properties && properties.TryGetValue(Key, out var mark) ? mark?.ToString() : null;
}
