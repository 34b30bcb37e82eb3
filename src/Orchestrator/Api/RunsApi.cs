using System.ComponentModel;
using System.Globalization;
using Loomflow.Aspire.Orchestrator.Auditing;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Redis.Runs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Runs over REST. What is refused is thrown and becomes ProblemDetails in <see cref="RefusalHandler"/>.</summary>
internal static class RunsApi
{
    public static IEndpointRouteBuilder MapRunsApi(this IEndpointRouteBuilder app)
    {
        app.MapPost("/workflows/{name}/runs", StartAsync).WithTags("Runs").RequireAuthorization(Scopes.RunsStart)
            .WithName("StartRun").WithSummary("Starts a run: 202 with its address once it is durable, or 200 with the ended run where 'Prefer: wait=N' asks to wait and it ends in time.")
            .Refuses(400, 404, 409, 413);

        var reading = app.MapGroup("/runs").WithTags("Runs").RequireAuthorization(Scopes.RunsRead);
        reading.MapGet("/", ListAsync)
            .WithName("ListRuns").WithSummary("Runs, newest first, with filters and paging.").Refuses(400);
        reading.MapGet("/parked", ListParkedAsync)
            .WithName("ListParkedRuns").WithSummary("Runs that are set aside with a reason until somebody requeues or discards them.").Refuses(400);
        reading.MapGet("/{id}", GetAsync)
            .WithName("GetRun").WithSummary("A run: where it stands, its visits, usage and output.").Refuses(404);
        reading.MapGet("/{id}/events", RunEventsApi.StreamAsync).RequireRateLimiting(LimitExtensions.EventStreams)
            .WithName("GetRunEvents").WithSummary("A run's events as server-sent events, until the terminal one; pieces of model answers come between as 'delta'.")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream").Refuses(400, 404, 410);

        reading.MapGet("/{id}/audit", GetAuditAsync)
            .WithName("GetRunAudit").WithSummary("What the audit log says of a run and of all runs that were started below it, in the order of the log; of a child run, of itself.").Refuses(400, 404);

        var steering = app.MapGroup("/runs").WithTags("Runs").RequireAuthorization(Scopes.RunsStart);
        steering.MapPost("/{id}/cancel", CancelAsync)
            .WithName("CancelRun").WithSummary("Asks a run to stop; its child runs stop with it.").Refuses(404);
        steering.MapPost("/{id}/signals/{name}", SignalAsync)
            .WithName("SignalRun").WithSummary("Sends a run a signal. It is kept until a step waits for its name.").Refuses(400, 404, 413);
        steering.MapPost("/{id}/retry", RetryAsync)
            .WithName("RetryRun").WithSummary("Starts a run that goes on from the failed step of this one; what was completed is kept.").Refuses(404, 409, 410);
        steering.MapPost("/{id}/fork", ForkAsync)
            .WithName("ForkRun").WithSummary("Starts a run that begins just before a visit of this one.").Refuses(400, 404, 410);
        steering.MapPost("/{id}/requeue", RequeueAsync)
            .WithName("RequeueRun").WithSummary("Puts a parked run back into the queue.").Refuses(404, 409);
        steering.MapPost("/{id}/discard", DiscardAsync)
            .WithName("DiscardRun").WithSummary("Ends a parked run as cancelled.").Refuses(404, 409);
        return app;
    }

    private static async Task<Results<Ok<RunView>, Accepted<RunView>>> StartAsync(
        [Description("The workflow's name.")] string name,
        StartRunBody body,
        Caller caller,
        Delegation delegation,
        RunService runs,
        StoreWatch store,
        CancellationToken cancellationToken,
        [FromHeader(Name = "Idempotency-Key"), Description("The same key of the same user starts one run, however often it is sent.")] string? idempotencyKey = null,
        [FromHeader(Name = "Prefer"), Description("'wait=N' waits up to N seconds, at most 300, for the run to end (RFC 7240).")] string? prefer = null)
    {
        var wait = WaitOf(prefer);
        caller = await delegation.ActForAsync(caller, body.UserId, cancellationToken);
        var start = new StartRun
        {
            Workflow = name,
            Input = body.Input,
            UserId = caller.RequireUser(),
            SessionId = body.SessionId,
            Metadata = body.Metadata ?? new Dictionary<string, string>(),
            ResponseTone = body.ResponseTone,
            Memory = body.Memory,
            IdempotencyKey = idempotencyKey,
            StartAt = body.StartAt,
        };
        var (run, state) = await runs.StartAsync(start, wait, store.WaitForAsync, cancellationToken);
        return run.IsTerminal ? TypedResults.Ok(RunView.Of(run, state ?? await runs.FoldAsync(run))) : Accepted(run);
    }

    private static async Task<Ok<RunView>> GetAsync([Description("The run's id.")] string id, Caller caller, RunService runs)
    {
        var run = await runs.FindAsync(caller, id);
        return TypedResults.Ok(RunView.Of(run, await runs.FoldAsync(run)) with { RunsBefore = await runs.BeforeAsync(run) });
    }

    private static async Task<Ok<RunPage>> ListAsync(
        Caller caller,
        Delegation delegation,
        RunList list,
        CancellationToken cancellationToken,
        [Description("Only runs of this user. Naming another user takes the scope users.delegate or admin.")] string? user = null,
        [Description("Only runs of this workflow.")] string? workflow = null,
        [Description("Only runs with this status: queued, running, waiting, parked, completed, failed, cancelled or capped.")] string? status = null,
        [Description(ParameterTexts.Cursor)] string? cursor = null,
        [Description("How many runs, from 1 to 200.")] int pageSize = 50)
    {
        caller = await delegation.ReachAsync(caller, user, cancellationToken);
        return Page(await list.ListAsync(caller, workflow, status, cursor, pageSize));
    }

    private static async Task<Ok<RunPage>> ListParkedAsync(
        Caller caller,
        RunList list,
        [Description(ParameterTexts.Cursor)] string? cursor = null,
        [Description("How many runs, from 1 to 200.")] int pageSize = 50) =>
        Page(await list.ListParkedAsync(caller, cursor, pageSize));

    private static async Task<Ok<AuditPage>> GetAuditAsync(
        [Description("The run's id.")] string id,
        Caller caller,
        RunAudit audit,
        CancellationToken cancellationToken,
        [Description(ParameterTexts.Cursor)] string? cursor = null,
        [Description("How many records, from 1 to 200.")] int pageSize = RunAudit.DefaultPageSize)
    {
        var page = await audit.ReadAsync(caller, id, cursor, pageSize, cancellationToken);
        return TypedResults.Ok(new AuditPage([.. page.Records.Select(AuditRecordView.Of)], RunMessages.NullIfEmpty(page.NextPageToken)));
    }

    private static async Task<Accepted> CancelAsync([Description("The run's id.")] string id, Caller caller, RunService runs, CancelBody? body = null)
    {
        await runs.CancelAsync(caller, id, body?.Reason ?? "cancelled by the caller");
        return TypedResults.Accepted(AddressOf(id));
    }

    private static async Task<Accepted> SignalAsync(
        [Description("The run's id.")] string id,
        [Description("The signal's name.")] string name,
        Caller caller,
        RunService runs,
        SignalBody? body = null)
    {
        await runs.SignalAsync(caller, id, new SignalReceived { Name = name, Data = body?.Data ?? Payload.Null, SignalId = body?.SignalId });
        return TypedResults.Accepted(AddressOf(id));
    }

    private static async Task<Accepted<RunView>> RetryAsync([Description("The run's id.")] string id, Caller caller, RunService runs) => Accepted(await runs.RetryAsync(caller, id));

    private static async Task<Accepted<RunView>> ForkAsync([Description("The run's id.")] string id, ForkBody body, Caller caller, RunService runs) =>
        Accepted(await runs.ForkAsync(caller, id, body.From, body.Visit));

    private static async Task<Accepted<RunView>> RequeueAsync([Description("The run's id.")] string id, Caller caller, RunService runs) => Accepted(await runs.RequeueAsync(caller, id));

    private static async Task<Accepted<RunView>> DiscardAsync([Description("The run's id.")] string id, Caller caller, RunService runs, CancelBody? body = null) =>
        Accepted(await runs.DiscardAsync(caller, id, body?.Reason ?? "discarded"));

    private static Accepted<RunView> Accepted(RunRecord run) => TypedResults.Accepted(AddressOf(run.Header.Run.RunId), RunView.Of(run, null));

    private static string AddressOf(string id) => $"/runs/{id}";

    private static Ok<RunPage> Page((IReadOnlyList<RunRecord> Runs, string? Next) page) =>
        TypedResults.Ok(new RunPage([.. page.Runs.Select(run => RunView.Of(run, null))], page.Next));

    /// <summary><c>Prefer: wait=30</c>, RFC 7240 §4.3.</summary>
    private static TimeSpan WaitOf(string? prefer)
    {
        var preference = (prefer ?? "").Split(',', StringSplitOptions.TrimEntries).FirstOrDefault(one => one.StartsWith("wait", StringComparison.OrdinalIgnoreCase));
        if (preference is null) return TimeSpan.Zero;
        return int.TryParse(preference.AsSpan(preference.IndexOf('=', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 300
            ? TimeSpan.FromSeconds(seconds)
            : throw new RunRefusedException(RunRefusal.BadPreference, $"'Prefer: {preference}' cannot be: wait takes a number of seconds from 0 to 300, for example 'Prefer: wait=30'.");
    }
}
