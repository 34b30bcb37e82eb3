using System.Globalization;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Audit;

namespace Loomflow.Aspire.Orchestrator.Memories;

/// <summary>What one memory has of one user, for a caller who may reach it.</summary>
internal sealed class UserMemory(IMemory memory, string? name, PartitionKey owner, Caller caller, AccessAudit audit)
{
    public const int DefaultPageSize = 50;
    public const int MaxPageSize = 200;
    public const int MaxQueryLength = 1_000;

    /// <summary>How long the name may be of what is to be forgotten, in characters: the audit log has it.</summary>
    public const int MaxNameLength = 4_000;

    /// <summary>How many of the best matches of a query can be seen.</summary>
    private const int MaxMatches = 1_000;

    public string? UserId => owner.UserId;

    public ValueTask<MemoryProfile> GetProfileAsync(CancellationToken cancellationToken) => memory.GetProfileAsync(owner, cancellationToken);

    public ValueTask<IReadOnlyList<MemoryBlock>> GetBlocksAsync(CancellationToken cancellationToken) => memory.GetBlocksAsync(owner, cancellationToken);

    /// <summary>Episodes, newest first; the best matches first where there is a query.</summary>
    /// <exception cref="RunRefusedException">Query, cursor or page size cannot be.</exception>
    public Task<MemoryPage<Episode>> ListEpisodesAsync(string? query, string? cursor, int pageSize, CancellationToken cancellationToken)
    {
        if (HasText(query, pageSize)) return SearchAsync(cursor, pageSize, async (skip, limit) => await memory.RecallAsync(owner, new RecallQuery(query!, limit) { Skip = skip }, cancellationToken));
        var after = MemoryCursor.Read(cursor);
        return ListAsync(
            after, pageSize, MemoryCursor.Of, pageSize + 2,
            async (skip, limit) => await memory.RecallAsync(owner, new RecallQuery("", limit) { Until = after?.Until, Skip = skip }, cancellationToken));
    }

    /// <summary>Facts, those that hold no more included, recorded last first; the best matches first where there is a query.</summary>
    /// <exception cref="RunRefusedException">Query, cursor or page size cannot be.</exception>
    public Task<MemoryPage<Fact>> ListFactsAsync(string? query, string? cursor, int pageSize, CancellationToken cancellationToken)
    {
        async Task<IReadOnlyList<Recalled<Fact>>> RecallAsync(string text, int skip, int limit) =>
            await memory.RecallFactsAsync(owner, new FactQuery(text, limit) { AnyTime = true, Skip = skip }, cancellationToken);

        return HasText(query, pageSize)
            ? SearchAsync(cursor, pageSize, (skip, limit) => RecallAsync(query!, skip, limit))
            : ListAsync(MemoryCursor.Read(cursor), pageSize, MemoryCursor.Of, MaxMatches, (skip, limit) => RecallAsync("", skip, limit));
    }

    /// <summary>Removes for good, once it is in the audit log that this is done.</summary>
    /// <exception cref="CallerRefusedException">The audit log cannot be reached.</exception>
    public async Task<ForgetReceipt> ForgetAsync(ForgetScope scope, CancellationToken cancellationToken)
    {
        if (scope.SessionId is { } session) Require("conversation", session);
        await RecordAsync(scope, block: null, cancellationToken);
        return await memory.ForgetAsync(owner, scope, cancellationToken);
    }

    /// <summary>Removes an episode, and what was learnt from it alone.</summary>
    /// <exception cref="RunRefusedException">There is none of this id.</exception>
    public Task<ForgetReceipt> ForgetEpisodeAsync(string id, CancellationToken cancellationToken) => ForgetOneAsync("episode", id, new ForgetScope { EpisodeId = id }, cancellationToken);

    /// <summary>Removes a fact.</summary>
    /// <exception cref="RunRefusedException">There is none of this id.</exception>
    public Task<ForgetReceipt> ForgetFactAsync(string id, CancellationToken cancellationToken) => ForgetOneAsync("fact", id, new ForgetScope { FactId = id }, cancellationToken);

    /// <summary>Removes a working block.</summary>
    /// <exception cref="RunRefusedException">There is none of this name.</exception>
    public async Task<ForgetReceipt> ForgetBlockAsync(string block, CancellationToken cancellationToken)
    {
        Require("block", block);
        await RecordAsync(new ForgetScope(), block, cancellationToken);
        return await memory.RemoveBlockAsync(owner, block, cancellationToken) ? new ForgetReceipt(0, 0, 1) : throw NotRemembered("block", block);
    }

    private async Task<ForgetReceipt> ForgetOneAsync(string kind, string id, ForgetScope scope, CancellationToken cancellationToken)
    {
        Require(kind, id);
        var receipt = await ForgetAsync(scope, cancellationToken);
        return receipt == default ? throw NotRemembered(kind, id) : receipt;
    }

    private Task RecordAsync(ForgetScope scope, string? block, CancellationToken cancellationToken) => audit.RecordAsync(
        caller,
        AuditAction.MemoryForgotten,
        owner,
        new { by = caller.Name, memory = name, session = scope.SessionId, before = scope.Before, episode = scope.EpisodeId, fact = scope.FactId, block },
        cancellationToken);

    private static bool HasText(string? query, int pageSize)
    {
        if (pageSize is < 1 or > MaxPageSize) throw new RunRefusedException(RunRefusal.BadPageSize, $"A page has from 1 to {MaxPageSize} of what is remembered, not {pageSize}.");
        if (query?.Length > MaxQueryLength) throw new RunRefusedException(RunRefusal.BadQuery, $"The query has {query.Length} characters; at most {MaxQueryLength} are taken.");
        return !string.IsNullOrWhiteSpace(query);
    }

    private static async Task<MemoryPage<T>> SearchAsync<T>(string? cursor, int pageSize, Func<int, int, Task<IReadOnlyList<Recalled<T>>>> recall)
    {
        var skip = 0;
        if (!string.IsNullOrEmpty(cursor) && (!int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out skip) || skip > MaxMatches)) throw RunRefusedException.BadCursor(cursor);
        var found = await recall(skip, Math.Min(pageSize + 1, MaxMatches - skip));
        return new MemoryPage<T>(
            [.. found.Take(pageSize).Select(match => match.Item)],
            found.Count > pageSize ? (skip + pageSize).ToString(CultureInfo.InvariantCulture) : null);
    }

    private static async Task<MemoryPage<T>> ListAsync<T>(MemoryCursor? after, int pageSize, Func<T, MemoryCursor> placeOf, int atOnce, Func<int, int, Task<IReadOnlyList<Recalled<T>>>> recall)
    {
        var found = new List<T>();
        for (var skip = 0; found.Count <= pageSize; skip += atOnce)
        {
            var newest = await recall(skip, atOnce);
            found.AddRange(newest.Select(one => one.Item).Where(item => after?.IsBefore(placeOf(item)) != false));
            if (newest.Count < atOnce) break;
        }

        return found.Count <= pageSize ? new MemoryPage<T>(found, null) : new MemoryPage<T>(found[..pageSize], placeOf(found[pageSize - 1]).ToString());
    }

    private static void Require(string kind, string id)
    {
        if (id.Length == 0) throw new RunRefusedException(RunRefusal.Malformed, $"Which {kind} to forget is missing.");
        if (id.Length > MaxNameLength) throw new RunRefusedException(RunRefusal.Malformed, $"The name of the {kind} to forget has {id.Length} characters; at most {MaxNameLength} are taken.");
    }

    private static RunRefusedException NotRemembered(string kind, string id) => new(RunRefusal.NothingRemembered, $"No {kind} '{id}' is remembered.");
}
