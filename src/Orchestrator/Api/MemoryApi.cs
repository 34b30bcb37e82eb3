using System.ComponentModel;
using System.Globalization;
using Loomflow.Aspire.Orchestrator.Memories;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>What agents remember of a user, over REST.</summary>
internal static class MemoryApi
{
    private const string Which = "The name of a memory; the one that runs have which name none, unless given.";
    private const string About = "What they should be about, at most 1,000 characters; all, newest first, unless given.";
    private const string PageSize = "How many, from 1 to 200.";

    private static readonly string[] s_forgetParameters = ["user", "memory", "session", "before"];

    public static IEndpointRouteBuilder MapMemoryApi(this IEndpointRouteBuilder app)
    {
        var reading = app.MapGroup("/memory").WithTags("Memory").RequireAuthorization(Scopes.MemoryRead);
        reading.MapGet("/", GetAsync)
            .WithName("GetMemory").WithSummary("How much is remembered of the user.").Refuses(400);
        reading.MapGet("/blocks", ListBlocksAsync)
            .WithName("ListMemoryBlocks").WithSummary("The working blocks: what agents always have in mind.").Refuses(400);
        reading.MapGet("/facts", ListFactsAsync)
            .WithName("ListMemoryFacts").WithSummary("Facts, those that hold no more included: recorded last first, or the best matches of a query first.").Refuses(400);
        reading.MapGet("/episodes", ListEpisodesAsync)
            .WithName("ListMemoryEpisodes").WithSummary("Exchanges with agents: newest first, or the best matches of a query first.").Refuses(400);

        var forgetting = app.MapGroup("/memory").WithTags("Memory").RequireAuthorization(Scopes.MemoryForget);
        forgetting.MapDelete("/", ForgetAsync)
            .WithName("Forget").WithSummary("Removes for good what is remembered: everything, or what is of a conversation or older than a time. Audited before it is done.").Refuses(400);
        forgetting.MapDelete("/blocks/{**block}", ForgetBlockAsync)
            .WithName("ForgetBlock").WithSummary("Removes a working block. Audited before it is done.").Refuses(400, 404);
        forgetting.MapDelete("/facts/{**fact}", ForgetFactAsync)
            .WithName("ForgetFact").WithSummary("Removes a fact. Audited before it is done.").Refuses(400, 404);
        forgetting.MapDelete("/episodes/{**episode}", ForgetEpisodeAsync)
            .WithName("ForgetEpisode").WithSummary("Removes an episode, and the facts that were learnt from it alone. Audited before it is done.").Refuses(400, 404);
        return app;
    }

    private static async Task<Ok<MemoryOverview>> GetAsync(
        Caller caller, UserMemories memories, CancellationToken cancellationToken, [Description(ParameterTexts.Whose)] string? user = null, [Description(Which)] string? memory = null)
    {
        var opened = await memories.OpenAsync(caller, user, memory, cancellationToken);
        var profile = await opened.GetProfileAsync(cancellationToken);
        return TypedResults.Ok(new MemoryOverview(opened.UserId, profile.Episodes, profile.Facts, profile.Blocks, profile.LatestSessions));
    }

    private static async Task<Ok<IReadOnlyList<MemoryBlock>>> ListBlocksAsync(
        Caller caller, UserMemories memories, CancellationToken cancellationToken, [Description(ParameterTexts.Whose)] string? user = null, [Description(Which)] string? memory = null) =>
        TypedResults.Ok(await (await memories.OpenAsync(caller, user, memory, cancellationToken)).GetBlocksAsync(cancellationToken));

    private static async Task<Ok<FactPage>> ListFactsAsync(
        Caller caller,
        UserMemories memories,
        CancellationToken cancellationToken,
        [Description(ParameterTexts.Whose)] string? user = null,
        [Description(Which)] string? memory = null,
        [Description(About)] string? query = null,
        [Description(ParameterTexts.Cursor)] string? cursor = null,
        [Description(PageSize)] int pageSize = UserMemory.DefaultPageSize)
    {
        var opened = await memories.OpenAsync(caller, user, memory, cancellationToken);
        var page = await opened.ListFactsAsync(query, cursor, pageSize, cancellationToken);
        return TypedResults.Ok(new FactPage(page.Items, page.Next));
    }

    private static async Task<Ok<EpisodePage>> ListEpisodesAsync(
        Caller caller,
        UserMemories memories,
        CancellationToken cancellationToken,
        [Description(ParameterTexts.Whose)] string? user = null,
        [Description(Which)] string? memory = null,
        [Description(About)] string? query = null,
        [Description(ParameterTexts.Cursor)] string? cursor = null,
        [Description(PageSize)] int pageSize = UserMemory.DefaultPageSize)
    {
        var opened = await memories.OpenAsync(caller, user, memory, cancellationToken);
        var page = await opened.ListEpisodesAsync(query, cursor, pageSize, cancellationToken);
        return TypedResults.Ok(new EpisodePage(page.Items, page.Next));
    }

    private static async Task<Ok<ForgetReceipt>> ForgetAsync(
        Caller caller,
        HttpRequest request,
        UserMemories memories,
        CancellationToken cancellationToken,
        [Description(ParameterTexts.Whose)] string? user = null,
        [Description(Which)] string? memory = null,
        [Description("Only episodes of this conversation; facts and blocks stay.")] string? session = null,
        [Description("Only what is older: a time such as 2026-01-31T12:00:00Z.")] string? before = null)
    {
        // What narrows this and is not understood would leave nothing.
        if (request.Query.Keys.FirstOrDefault(key => !s_forgetParameters.Contains(key)) is { } unknown)
        {
            throw new RunRefusedException(RunRefusal.BadQuery, $"'{unknown}' says nothing about what to forget: known are {string.Join(", ", s_forgetParameters.Select(known => $"'{known}'"))}.");
        }

        if (session is { Length: 0 }) throw new RunRefusedException(RunRefusal.BadQuery, "'session' is empty: name the conversation, or leave it out to forget everything.");
        var scope = new ForgetScope { SessionId = session, Before = TimeOf(before) };
        return TypedResults.Ok(await (await memories.OpenAsync(caller, user, memory, cancellationToken)).ForgetAsync(scope, cancellationToken));
    }

    private static async Task<Ok<ForgetReceipt>> ForgetBlockAsync(
        [Description("The block's name.")] string block,
        Caller caller,
        UserMemories memories,
        CancellationToken cancellationToken,
        [Description(ParameterTexts.Whose)] string? user = null,
        [Description(Which)] string? memory = null) =>
        TypedResults.Ok(await (await memories.OpenAsync(caller, user, memory, cancellationToken)).ForgetBlockAsync(Whole(block), cancellationToken));

    private static async Task<Ok<ForgetReceipt>> ForgetFactAsync(
        [Description("The fact's id.")] string fact,
        Caller caller,
        UserMemories memories,
        CancellationToken cancellationToken,
        [Description(ParameterTexts.Whose)] string? user = null,
        [Description(Which)] string? memory = null) =>
        TypedResults.Ok(await (await memories.OpenAsync(caller, user, memory, cancellationToken)).ForgetFactAsync(Whole(fact), cancellationToken));

    private static async Task<Ok<ForgetReceipt>> ForgetEpisodeAsync(
        [Description("The episode's id.")] string episode,
        Caller caller,
        UserMemories memories,
        CancellationToken cancellationToken,
        [Description(ParameterTexts.Whose)] string? user = null,
        [Description(Which)] string? memory = null) =>
        TypedResults.Ok(await (await memories.OpenAsync(caller, user, memory, cancellationToken)).ForgetEpisodeAsync(Whole(episode), cancellationToken));

    // Ids have slashes: they say the place of a step. Servers leave those of a path as they were sent, escaped or not.
    private static string Whole(string id) => id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static DateTimeOffset? TimeOf(string? text) =>
        text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new RunRefusedException(RunRefusal.BadQuery, $"'before' is '{text}', which is no time: write it as 2026-01-31T12:00:00Z ('+' as %2B).");
}
