using System.ComponentModel;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>How much is remembered of a user.</summary>
internal sealed record MemoryOverview(
    string? UserId,
    int Episodes,
    [property: Description("Those that hold no more included.")] int Facts,
    int Blocks,
    [property: Description("Conversations with the newest episodes, newest first, at most 10.")] IReadOnlyList<string> LatestSessions);

internal sealed record EpisodePage(
    IReadOnlyList<Episode> Episodes,
    [property: Description("Where the next page begins; absent after the last one.")] string? NextCursor);

internal sealed record FactPage(
    IReadOnlyList<Fact> Facts,
    [property: Description("Where the next page begins; absent after the last one.")] string? NextCursor);
