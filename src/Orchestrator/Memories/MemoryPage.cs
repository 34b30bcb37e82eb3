namespace Loomflow.Aspire.Orchestrator.Memories;

/// <summary>Some of what is remembered, and the cursor of what comes after it.</summary>
internal sealed record MemoryPage<T>(IReadOnlyList<T> Items, string? Next);
