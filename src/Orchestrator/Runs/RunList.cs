using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Redis.Runs;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>The runs that a caller may see, page by page.</summary>
internal sealed class RunList(RedisRunStore store)
{
    /// <summary>The most runs on one page.</summary>
    public const int MaxPageSize = 200;

    /// <summary>How many pages may be looked through for one page that fits a filter.</summary>
    private const int MaxPagesLookedThrough = 20;

    /// <summary>One page of the runs that a caller may see, newest first, and the cursor of the next one. With a filter a page can be short and not the last.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="workflow">Only runs of this workflow.</param>
    /// <param name="status">Only runs that are in this state.</param>
    /// <param name="cursor">What the last page gave.</param>
    /// <param name="pageSize">The most to give.</param>
    /// <exception cref="RunRefusedException">The page size, the status or the cursor cannot be.</exception>
    public async Task<(IReadOnlyList<RunRecord> Runs, string? Next)> ListAsync(Caller caller, string? workflow, string? status, string? cursor, int pageSize)
    {
        var whose = RunsOfWhom(caller);
        CheckPageSize(pageSize);
        var wanted = RunStatusName.Read(status);
        var place = PlaceOf(cursor);
        var found = new List<RunRecord>();
        for (var page = 0; page < MaxPagesLookedThrough; page++)
        {
            var (runs, next) = await store.ListAsync(whose, place, pageSize - found.Count);
            found.AddRange(runs.Where(run => (workflow is null || run.Header.Workflow == workflow) && (wanted is null || run.Status == wanted)));
            place = next;
            if (place is null || found.Count == pageSize) break;
        }

        return (found, place?.ToString());
    }

    /// <summary>One page of the parked runs that a caller may see, and the cursor of the next one.</summary>
    /// <exception cref="RunRefusedException">The page size or the cursor cannot be.</exception>
    public async Task<(IReadOnlyList<RunRecord> Runs, string? Next)> ListParkedAsync(Caller caller, string? cursor, int pageSize)
    {
        CheckPageSize(pageSize);
        var (runs, next) = await store.ListParkedAsync(RunsOfWhom(caller), PlaceOf(cursor), pageSize);
        return (runs, next?.ToString());
    }

    private static RunsOf RunsOfWhom(Caller caller) => caller switch
    {
        { IsAdmin: true, Tenant: { } tenant } => RunsOf.Tenant(tenant),
        { IsAdmin: true } => RunsOf.Everybody,
        _ => caller.RequireUser() is { } user ? RunsOf.User(PartitionKey.Named(user)) : RunsOf.Everybody,
    };

    private static void CheckPageSize(int pageSize)
    {
        if (pageSize is < 1 or > MaxPageSize) throw new RunRefusedException(RunRefusal.BadPageSize, $"A page has from 1 to {MaxPageSize} runs, not {pageSize}.");
    }

    private static RunCursor? PlaceOf(string? cursor) =>
        string.IsNullOrEmpty(cursor) ? null : RunCursor.TryParse(cursor, out var place) ? place : throw RunRefusedException.BadCursor(cursor);
}
