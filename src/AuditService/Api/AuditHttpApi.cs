using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Completeness;
using Loomflow.Aspire.AuditService.Export;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Audit;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>The same as over gRPC, for people and scripts.</summary>
internal static class AuditHttpApi
{
    private const int MaxTrail = 10_000;

    public static void MapAuditHttpApi(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/verify", ["GET", "POST"], VerifyAsText);
        var api = app.MapGroup("/v1");
        api.MapGet("/verify", VerifyWithProgress);
        api.MapGet("/status", (LogStatus status) => AuditJson.Ok(status.Get()));
        api.MapGet("/completeness", (CompletenessCheck completeness) => AuditJson.Ok(completeness.Run()));
        api.MapGet("/entries", Query);
        api.MapGet("/entries/{sequence:long}", (long sequence, LogReader reader) => reader.Read(sequence) is { } record ? AuditJson.Ok(EntryJson.From(record)) : Results.NotFound());
        api.MapGet("/runs/{runId}/trail", Trail);
        api.MapGet("/checkpoint", Checkpoint);
        api.MapGet("/checkpoint/keys", (Checkpointer checkpointer) => TypedResults.Text(string.Concat(checkpointer.ReadKeys().Select(key => key.Text + "\n"))));
        api.MapGet("/proofs/inclusion", (long sequence, long? size, LogProofs proofs) => Prove(() => proofs.Inclusion(sequence, size)));
        api.MapGet("/proofs/consistency", (long first, long? second, LogProofs proofs) => Prove(() => proofs.Consistency(first, second)));
        api.MapGet("/export", Export);
    }

    private static async Task<IResult> VerifyAsText(VerificationService verification, CancellationToken cancellationToken)
    {
        var result = await verification.VerifyAsync(null, cancellationToken);
        return TypedResults.Text(VerificationText.Describe(result), statusCode: result.IsIntact ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
    }

    // One JSON object per line; the last one has the result.
    private static async Task VerifyWithProgress(VerificationService verification, HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "application/x-ndjson";
        var progress = Channel.CreateBounded<(long Verified, long Total)>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var run = verification.VerifyAsync((verified, total) => progress.Writer.TryWrite((verified, total)), cancellationToken);
        _ = run.ContinueWith(_ => progress.Writer.TryComplete(), TaskScheduler.Default);
        await foreach (var (verified, total) in progress.Reader.ReadAllAsync(cancellationToken)) await WriteLineAsync(new { verified, total });
        await WriteLineAsync(new { result = await run });

        async Task WriteLineAsync<T>(T line)
        {
            await response.WriteAsync(JsonSerializer.Serialize(line, AuditJson.Options) + "\n", Encoding.UTF8, cancellationToken);
            await response.Body.FlushAsync(cancellationToken);
        }
    }

    private static IResult Query(
        LogReader reader, string? user, bool? anonymous, string? session, string? run, string? rootRun, string? action, string? actor,
        DateTimeOffset? from, DateTimeOffset? until, long? pageToken, int? pageSize)
    {
        const int maxPage = 1_000;
        if (pageSize is < 1 or > maxPage) return TypedResults.Problem($"pageSize must be between 1 and {maxPage}.", statusCode: StatusCodes.Status400BadRequest);
        var page = reader.Query(new AuditQuery
        {
            Partition = anonymous == true ? PartitionKey.Anonymous : string.IsNullOrEmpty(user) ? null : PartitionKey.Named(user),
            SessionId = session,
            RunId = run,
            RootRunId = rootRun,
            Action = action,
            Actor = actor,
            From = from,
            Until = until,
            FromSequence = pageToken ?? 0,
            Limit = pageSize ?? 100,
        });
        return AuditJson.Ok(new { entries = page.Records.Select(EntryJson.From), nextPageToken = page.Next });
    }

    private static IResult Trail(string runId, LogReader reader)
    {
        var records = reader.Trail(runId, MaxTrail);
        return records.Count == 0 ? TypedResults.NotFound() : TypedResults.Text(AuditTrail.Render(records));
    }

    private static async Task<ContentHttpResult> Checkpoint(Checkpointer checkpointer, CancellationToken cancellationToken) =>
        TypedResults.Text((checkpointer.Latest ?? await checkpointer.MakeAsync(cancellationToken)).Note);

    private static IResult Prove<T>(Func<T> prove)
    {
        try
        {
            return AuditJson.Ok(prove());
        }
        catch (ArgumentException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private static PushStreamHttpResult Export(AuditLog log) =>
        TypedResults.Stream(stream => ExportBundle.WriteAsync(log, stream, CancellationToken.None), "application/x-tar", string.Create(CultureInfo.InvariantCulture, $"audit-{log.LogId:N}-{log.Size}.tar"));
}
