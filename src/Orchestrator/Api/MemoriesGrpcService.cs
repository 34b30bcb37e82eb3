using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Loomflow.Aspire.Orchestrator.Memories;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;
using Microsoft.AspNetCore.Authorization;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>What agents remember of a user over gRPC, as over REST.</summary>
internal sealed class MemoriesGrpcService(UserMemories memories) : V1.Memories.MemoriesBase
{
    [Authorize(Scopes.MemoryRead)]
    public override async Task<V1.MemoryOverview> GetOverview(MemoryRequest request, ServerCallContext context)
    {
        var opened = await OpenAsync(request.UserId, request.Memory, context);
        var profile = await opened.GetProfileAsync(context.CancellationToken);
        var overview = new V1.MemoryOverview { UserId = opened.UserId ?? "", Episodes = profile.Episodes, Facts = profile.Facts, Blocks = profile.Blocks };
        overview.LatestSessions.AddRange(profile.LatestSessions);
        return overview;
    }

    [Authorize(Scopes.MemoryRead)]
    public override async Task<ListBlocksReply> ListBlocks(MemoryRequest request, ServerCallContext context)
    {
        var opened = await OpenAsync(request.UserId, request.Memory, context);
        var reply = new ListBlocksReply();
        reply.Blocks.AddRange((await opened.GetBlocksAsync(context.CancellationToken)).Select(Write));
        return reply;
    }

    [Authorize(Scopes.MemoryRead)]
    public override async Task<ListFactsReply> ListFacts(ListMemoriesRequest request, ServerCallContext context)
    {
        var opened = await OpenAsync(request.UserId, request.Memory, context);
        var page = await opened.ListFactsAsync(request.Query, request.PageToken, PageSizeOf(request), context.CancellationToken);
        var reply = new ListFactsReply { NextPageToken = page.Next ?? "" };
        reply.Facts.AddRange(page.Items.Select(Write));
        return reply;
    }

    [Authorize(Scopes.MemoryRead)]
    public override async Task<ListEpisodesReply> ListEpisodes(ListMemoriesRequest request, ServerCallContext context)
    {
        var opened = await OpenAsync(request.UserId, request.Memory, context);
        var page = await opened.ListEpisodesAsync(request.Query, request.PageToken, PageSizeOf(request), context.CancellationToken);
        var reply = new ListEpisodesReply { NextPageToken = page.Next ?? "" };
        reply.Episodes.AddRange(page.Items.Select(Write));
        return reply;
    }

    [Authorize(Scopes.MemoryForget)]
    public override async Task<ForgetReply> Forget(ForgetRequest request, ServerCallContext context)
    {
        var opened = await OpenAsync(request.UserId, request.Memory, context);
        var scope = new ForgetScope { SessionId = RunMessages.NullIfEmpty(request.SessionId), Before = RunMessages.Read(request.Before, "before") };
        return Write(await opened.ForgetAsync(scope, context.CancellationToken));
    }

    [Authorize(Scopes.MemoryForget)]
    public override async Task<ForgetReply> ForgetEpisode(ForgetOneRequest request, ServerCallContext context) =>
        Write(await (await OpenAsync(request.UserId, request.Memory, context)).ForgetEpisodeAsync(request.Id, context.CancellationToken));

    [Authorize(Scopes.MemoryForget)]
    public override async Task<ForgetReply> ForgetFact(ForgetOneRequest request, ServerCallContext context) =>
        Write(await (await OpenAsync(request.UserId, request.Memory, context)).ForgetFactAsync(request.Id, context.CancellationToken));

    [Authorize(Scopes.MemoryForget)]
    public override async Task<ForgetReply> ForgetBlock(ForgetOneRequest request, ServerCallContext context) =>
        Write(await (await OpenAsync(request.UserId, request.Memory, context)).ForgetBlockAsync(request.Id, context.CancellationToken));

    private Task<UserMemory> OpenAsync(string user, string memory, ServerCallContext context) =>
        memories.OpenAsync(context.GetHttpContext().Caller(), user, memory, context.CancellationToken);

    private static int PageSizeOf(ListMemoriesRequest request) => request.PageSize == 0 ? UserMemory.DefaultPageSize : request.PageSize;

    private static MemoryBlockView Write(MemoryBlock block) => new() { Name = block.Name, Content = block.Content, UpdatedAt = block.UpdatedAt.ToTimestamp() };

    private static FactView Write(Fact fact)
    {
        var view = new FactView
        {
            Id = fact.Id,
            Subject = fact.Subject,
            Predicate = fact.Predicate,
            Object = fact.Object,
            Confidence = fact.Confidence,
            ValidFrom = fact.ValidFrom.ToTimestamp(),
            ValidUntil = fact.ValidUntil?.ToTimestamp(),
            RecordedAt = fact.RecordedAt.ToTimestamp(),
        };
        view.Sources.AddRange(fact.Sources);
        return view;
    }

    private static EpisodeView Write(Episode episode)
    {
        var view = new EpisodeView
        {
            Id = episode.Id,
            SessionId = episode.SessionId,
            OccurredAt = episode.OccurredAt.ToTimestamp(),
            Input = episode.Input,
            Output = episode.Output,
            Agent = episode.Agent ?? "",
            RunId = episode.RunId ?? "",
        };
        view.ToolCalls.AddRange(episode.ToolCalls.Select(call => new EpisodeToolCallView { CallId = call.CallId, Name = call.Name, Arguments = call.Arguments, Result = call.Result }));
        return view;
    }

    private static ForgetReply Write(ForgetReceipt receipt) => new() { Episodes = receipt.Episodes, Facts = receipt.Facts, Blocks = receipt.Blocks };
}
