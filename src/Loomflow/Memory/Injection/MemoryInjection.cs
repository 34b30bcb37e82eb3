using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What an agent's prompt takes from memory.</summary>
/// <param name="Instructions">Text to add to the instructions: blocks, facts and recalled episodes; <see langword="null"/> where there is nothing.</param>
/// <param name="Messages">Earlier messages of the conversation, oldest first, to put before the new one.</param>
/// <param name="Tokens">About how many tokens both take.</param>
public sealed record MemoryInjection(string? Instructions, IReadOnlyList<ChatMessage> Messages, int Tokens)
{
    /// <summary>Nothing.</summary>
    public static MemoryInjection None { get; } = new(null, [], 0);
}
