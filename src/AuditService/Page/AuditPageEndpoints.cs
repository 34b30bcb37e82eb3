using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Page;

/// <summary>The page for people, without any script.</summary>
internal static class AuditPageEndpoints
{
    private const int PageSize = 50;
    private const int MaxTrail = 2_000;

    public static void MapAuditPage(this IEndpointRouteBuilder builder)
    {
        var app = builder.MapGroup("").AddEndpointFilter((context, next) =>
        {
            // Nothing that an entry holds can become active, and what an auditor sees does not stay behind in a browser's cache.
            var headers = context.HttpContext.Response.Headers;
            headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
            headers.CacheControl = "no-store";
            return next(context);
        });
        app.MapGet("/", (string? user, string? session, string? run, string? action, long? from, LogReader reader, LogStatus status) =>
        {
            var query = new AuditQuery
            {
                Partition = string.IsNullOrWhiteSpace(user) ? null : PartitionKey.Named(user.Trim()),
                SessionId = Trimmed(session),
                RunId = Trimmed(run),
                Action = Trimmed(action),
                FromSequence = from ?? 0,
                Limit = PageSize,
            };
            var now = status.Get();
            // Without a search, the page shows the newest entries.
            var isSearch = query is not { Partition: null, SessionId: null, RunId: null, Action: null } || from is not null;
            var page = now.Size == 0 || now.Damage is not null ? new AuditPage([], null)
                : reader.Query(isSearch ? query : query with { FromSequence = Math.Max(0, now.Size - PageSize) });
            return TypedResults.Content(AuditHtml.Home(now, query, page, isSearch), "text/html; charset=utf-8");
        });
        app.MapGet("/runs/{runId}", (string runId, LogReader reader, LogStatus status) =>
            TypedResults.Content(AuditHtml.Run(status.Get(), runId, reader.Trail(runId, MaxTrail)), "text/html; charset=utf-8"));
    }

    private static string? Trimmed(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
