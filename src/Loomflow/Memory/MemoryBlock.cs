namespace Loomflow;

/// <summary>A named text that is always in the prompt: what an agent keeps in mind.</summary>
/// <param name="Name">The name, unique within the partition.</param>
/// <param name="Content">The text.</param>
/// <param name="UpdatedAt">When it was last written.</param>
public sealed record MemoryBlock(string Name, string Content, DateTimeOffset UpdatedAt);
