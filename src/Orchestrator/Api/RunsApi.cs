using System.Globalization;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Redis.Runs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Runs over REST.</summary>
internal static class RunsApi
{
    private const int MaxPageSize = 200;

    public static IEndpointRouteBuilder MapRunsApi(this IEndpointRouteBuilder app)
    {
        var reading = app.MapGroup("").RequireAuthorization(Scopes.RunsRead);
        reading.MapGet("/workflows", ListWorkflows).WithName("ListWorkflows");
        reading.MapGet("/workflows/{name}/graph", GetGraph).WithName("GetWorkflowGraph");
        reading.MapGet("/runs", ListAsync).WithName("ListRuns");
        reading.MapGet("/runs/{id}", GetAsync).WithName("GetRun");
        reading.MapGet("/runs/{id}/events", RunEventsApi.StreamAsync).WithName("GetRunEvents");

        var steering = app.MapGroup("").RequireAuthorization(Scopes.RunsStart);
        steering.MapPost("/workflows/{name}/runs", StartAsync).WithName("StartRun");
        steering.MapPost("/runs/{id}/cancel", CancelAsync).WithName("CancelRun");
        steering.MapPost("/runs/{id}/signals/{name}", SignalAsync).WithName("SignalRun");
        steering.MapPost("/runs/{id}/retry", RetryAsync).WithName("RetryRun");
        steering.MapPost("/runs/{id}/fork", ForkAsync).WithName("ForkRun");
        steering.MapPost("/runs/{id}/requeue", RequeueAsync).WithName("RequeueRun");
        steering.MapPost("/runs/{id}/discard", DiscardAsync).WithName("DiscardRun");

        var answering = app.MapGroup("").RequireAuthorization(Scopes.ApprovalsAnswer);
        answering.MapGet("/runs/{id}/approvals", ApprovalsAsync).WithName("ListApprovals");
        answering.MapPost("/runs/{id}/approvals/{approvalId}", AnswerAsync).WithName("AnswerApproval");
        return app;
    }

    private static Results<ContentHttpResult, ProblemHttpResult> GetGraph(string name, WorkflowRegistry workflows, string format = "svg") => (workflows.Find(name), format) switch
    {
        (null, _) => Problem(404, "unknown_workflow", $"There is no workflow '{name}'."),
        ({ } workflow, "svg") => TypedResults.Text(workflow.ToSvg(), "image/svg+xml"),
        ({ } workflow, "mermaid") => TypedResults.Text(workflow.ToMermaid()),
        ({ } workflow, "dot") => TypedResults.Text(workflow.ToDot()),
        _ => Problem(400, "bad_format", $"'{format}' is not a format: one of svg, mermaid, dot."),
    };

    /// <summary>A run that failed or was cancelled goes on as a new one; what was completed is kept.</summary>
    private static async Task<Results<Accepted<RunView>, ProblemHttpResult>> RetryAsync(string id, Caller caller, RunService runs)
    {
        if (await runs.FindAsync(caller, id) is not { } run) return NoSuchRun(id);
        if (run.Status is not (RunStatus.Failed or RunStatus.Cancelled or RunStatus.Capped)) return Problem(409, "not_failed", $"Run {id} is {run.Status.ToString().ToLowerInvariant()}: only a run that has failed, was cancelled or capped can be retried.");
        var retried = await runs.RetryAsync(run);
        return TypedResults.Accepted($"/runs/{retried.Header.Run.RunId}", RunView.Of(retried, null));
    }

    private static async Task<Results<Accepted<RunView>, ProblemHttpResult>> ForkAsync(string id, ForkBody body, Caller caller, RunService runs)
    {
        if (await runs.FindAsync(caller, id) is not { } run) return NoSuchRun(id);
        try
        {
            var fork = await runs.ForkAsync(run, body.From, body.Visit);
            return TypedResults.Accepted($"/runs/{fork.Header.Run.RunId}", RunView.Of(fork, null));
        }
        catch (ArgumentException unknown)
        {
            return Problem(400, "no_such_visit", unknown.Message);
        }
    }

    private static async Task<Results<Accepted, ProblemHttpResult>> RequeueAsync(string id, Caller caller, RunService runs)
    {
        if (await runs.FindAsync(caller, id) is not { } run) return NoSuchRun(id);
        if (run.Status != RunStatus.Parked) return NotParked(run);
        await runs.RequeueAsync(id);
        return TypedResults.Accepted($"/runs/{id}");
    }

    private static async Task<Results<Accepted, ProblemHttpResult>> DiscardAsync(string id, Caller caller, RunService runs, CancelBody? body = null)
    {
        if (await runs.FindAsync(caller, id) is not { } run) return NoSuchRun(id);
        return await runs.DiscardAsync(run, body?.Reason ?? "discarded") ? TypedResults.Accepted($"/runs/{id}") : NotParked(run);
    }

    private static ProblemHttpResult NotParked(RunRecord run) =>
        Problem(409, "not_parked", $"Run {run.Header.Run.RunId} is {run.Status.ToString().ToLowerInvariant()}, not parked.");

    private static Ok<WorkflowView[]> ListWorkflows(WorkflowRegistry workflows) =>
        TypedResults.Ok(workflows.Current.Select(WorkflowView.Of).ToArray());

    /// <summary>Answers 202 with the run's address, or 200 with the ended run when <c>Prefer: wait=seconds</c> asked to wait and it was quick enough.</summary>
    private static async Task<Results<Ok<RunView>, Accepted<RunView>, ProblemHttpResult>> StartAsync(
        string name,
        StartRunBody body,
        Caller caller,
        HttpContext http,
        Delegation delegation,
        RunService runs,
        CancellationToken cancellationToken)
    {
        if (!TryGetWait(http.Request, out var wait)) return Problem(400, "bad_preference", "Prefer: wait takes a number of seconds from 0 to 300, for example 'Prefer: wait=30'.");
        try
        {
            caller = await delegation.ActForAsync(caller, body.UserId, http.AskedFor(), cancellationToken);
            var run = await runs.StartAsync(new StartRun
            {
                Workflow = name,
                Input = body.Input,
                UserId = caller.RequireUser(),
                SessionId = body.SessionId,
                Metadata = body.Metadata ?? new Dictionary<string, string>(),
                ResponseTone = body.ResponseTone,
                Memory = body.Memory,
                IdempotencyKey = http.Request.Headers["Idempotency-Key"].FirstOrDefault(),
                StartAt = body.StartAt,
            });
            run = await runs.WaitAsync(run, wait, cancellationToken);
            var view = RunView.Of(run, run.IsTerminal ? await runs.FoldAsync(run) : null);
            return run.IsTerminal ? TypedResults.Ok(view) : TypedResults.Accepted($"/runs/{view.Id}", view);
        }
        catch (RunRefusedException refused)
        {
            return Problem(refused);
        }
    }

    private static async Task<Results<Ok<RunView>, ProblemHttpResult>> GetAsync(string id, Caller caller, RunService runs) =>
        await runs.FindAsync(caller, id) is { } run ? TypedResults.Ok(RunView.Of(run, await runs.FoldAsync(run))) : NoSuchRun(id);

    private static async Task<Results<Ok<RunPage>, ProblemHttpResult>> ListAsync(
        Caller caller,
        HttpContext http,
        Delegation delegation,
        RunService runs,
        string? user = null,
        string? workflow = null,
        string? status = null,
        string? cursor = null,
        int pageSize = 50)
    {
        if (pageSize is < 1 or > MaxPageSize) return Problem(400, "bad_page_size", $"pageSize is from 1 to {MaxPageSize}.");
        if (status is not null && !Enum.TryParse<RunStatus>(status, ignoreCase: true, out _))
        {
            return Problem(400, "bad_status", $"'{status}' is not a status: one of {string.Join(", ", Enum.GetNames<RunStatus>().Select(known => known.ToLowerInvariant()))}.");
        }

        try
        {
            if (!caller.IsAdmin) caller = await delegation.ActForAsync(caller, user, http.AskedFor(), http.RequestAborted);
            var (found, next) = await runs.ListAsync(
                caller,
                user,
                workflow,
                status is null ? null : Enum.Parse<RunStatus>(status, ignoreCase: true),
                cursor,
                pageSize);
            return TypedResults.Ok(new RunPage([.. found.Select(run => RunView.Of(run, null))], next));
        }
        catch (ArgumentException badCursor) when (badCursor.ParamName == "before")
        {
            return Problem(400, "bad_cursor", badCursor.Message);
        }
    }

    private static async Task<Results<Accepted, ProblemHttpResult>> CancelAsync(string id, Caller caller, RunService runs, CancelBody? body = null) =>
        await PostAsync(id, caller, runs, new InboxMessage { Cancel = body?.Reason ?? "cancelled by the caller" });

    private static async Task<Results<Accepted, ProblemHttpResult>> SignalAsync(string id, string name, Caller caller, RunService runs, SignalBody? body = null) =>
        await PostAsync(id, caller, runs, new InboxMessage { Signal = new SignalReceived { Name = name, Data = body?.Data ?? Payload.Null, Sender = caller.UserId ?? body?.Sender, SignalId = body?.SignalId } });

    private static async Task<Results<Accepted, ProblemHttpResult>> PostAsync(string id, Caller caller, RunService runs, InboxMessage message)
    {
        if (await runs.FindAsync(caller, id) is null) return NoSuchRun(id);
        await runs.PostAsync(id, message);
        return TypedResults.Accepted($"/runs/{id}");
    }

    private static async Task<Results<Ok<ApprovalRequest[]>, ProblemHttpResult>> ApprovalsAsync(string id, Caller caller, RunQuestions questions) =>
        await questions.OpenAsync(caller, id) is { } open ? TypedResults.Ok(open) : NoSuchRun(id);

    private static async Task<Results<Accepted, ProblemHttpResult>> AnswerAsync(string id, string approvalId, AnswerBody body, Caller caller, RunQuestions questions)
    {
        var decision = new ApprovalDecision
        {
            Outcome = body.Approved ? ApprovalOutcome.Approved : ApprovalOutcome.Denied,
            Responder = body.Responder,
            Comment = body.Comment,
            Data = body.Data,
            Remember = body.Remember,
        };
        return await questions.AnswerAsync(caller, id, approvalId, decision) switch
        {
            AnswerOutcome.NoSuchRun => NoSuchRun(id),
            AnswerOutcome.NotOpen => Problem(409, "not_open", $"Run {id} has no open question '{approvalId}': it was answered, or was never asked."),
            AnswerOutcome.NotAResponder => Problem(403, "not_a_responder", $"Question '{approvalId}' is not yours to answer."),
            _ => TypedResults.Accepted($"/runs/{id}"),
        };
    }

    /// <summary><c>Prefer: wait=30</c>, RFC 7240 §4.3.</summary>
    private static bool TryGetWait(HttpRequest request, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        var preference = request.Headers["Prefer"].SelectMany(header => (header ?? "").Split(',', StringSplitOptions.TrimEntries)).FirstOrDefault(one => one.StartsWith("wait", StringComparison.OrdinalIgnoreCase));
        if (preference is null) return true;
        if (!int.TryParse(preference.AsSpan(preference.IndexOf('=', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 300) return false;
        wait = TimeSpan.FromSeconds(seconds);
        return true;
    }

    private static ProblemHttpResult NoSuchRun(string id) => Problem(404, "no_such_run", $"There is no run '{id}'.");

    private static ProblemHttpResult Problem(RunRefusedException refused) => refused.Refusal switch
    {
        RunRefusal.UnknownWorkflow => Problem(404, "unknown_workflow", refused.Message),
        RunRefusal.KeyReused => Problem(409, "key_reused", refused.Message),
        _ => Problem(400, "unfit_input", refused.Message),
    };

    private static ProblemHttpResult Problem(int status, string type, string detail) =>
        TypedResults.Problem(detail, statusCode: status, type: $"urn:loomflow:{type}");
}
