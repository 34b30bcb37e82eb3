using Google.Protobuf;
using Grpc.Core;
using Loomflow.Aspire.Orchestrator.Approvals;
using Loomflow.Aspire.Orchestrator.Auditing;
using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;
using Loomflow.V1;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.RateLimiting;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>
/// Runs over gRPC: for services, such as workers whose agents call workflows as tools, and for users as over REST. What is refused is thrown and becomes a rich
/// error in <see cref="RefusalInterceptor"/>.
/// </summary>
internal sealed class RunsGrpcService(RunService runs, StoreWatch store, RunList list, ApprovalService approvals, RunWatcher watcher, WorkflowRegistry workflows, RunQueue queue, RunPlaces places, RunAudit audit, Delegation delegation) : V1.Runs.RunsBase
{
    private const int DefaultPageSize = 50;

    [Authorize(Scopes.RunsStart)]
    public override async Task<V1.RunView> Start(StartRunRequest request, ServerCallContext context)
    {
        var caller = await delegation.ActForAsync(Caller(context), request.UserId, context.CancellationToken);
        if (request.Parent is not null && !caller.IsService) throw new RunRefusedException(RunRefusal.NotAService, "Only a service starts child runs: leave 'parent' out.");
        var start = new StartRun
        {
            Workflow = request.Workflow,
            Input = RunMessages.Read(request.Input, "input"),
            UserId = caller.RequireUser(),
            SessionId = RunMessages.NullIfEmpty(request.SessionId),
            Metadata = request.Metadata.ToDictionary(),
            ResponseTone = RunMessages.NullIfEmpty(request.ResponseTone),
            Memory = RunMessages.NullIfEmpty(request.Memory),
            IdempotencyKey = RunMessages.NullIfEmpty(request.IdempotencyKey),
            Parent = RunMessages.Read(request.Parent),
            StartAt = RunMessages.Read(request.StartAt, "start_at"),
        };
        var (run, state) = await runs.StartAsync(start, TimeSpan.FromMilliseconds(request.WaitMilliseconds), store.WaitForAsync, context.CancellationToken);
        return await ViewAsync(run, state);
    }

    [Authorize(Scopes.RunsRead)]
    public override async Task<V1.RunView> Get(RunRequest request, ServerCallContext context) => await ViewAsync(await runs.FindAsync(Caller(context), request.RunId));

    [Authorize(Scopes.RunsRead)]
    public override async Task<ListRunsReply> List(ListRunsRequest request, ServerCallContext context)
    {
        var caller = await delegation.ReachAsync(Caller(context), request.UserId, context.CancellationToken);
        return Page(await list.ListAsync(
            caller,
            RunMessages.NullIfEmpty(request.Workflow),
            request.Status,
            request.PageToken,
            request.PageSize == 0 ? DefaultPageSize : request.PageSize));
    }

    [Authorize(Scopes.RunsRead)]
    public override async Task<ListRunsReply> ListParked(ListParkedRequest request, ServerCallContext context) =>
        Page(await list.ListParkedAsync(Caller(context), request.PageToken, request.PageSize == 0 ? DefaultPageSize : request.PageSize));

    [Authorize(Scopes.RunsRead)]
    public override async Task<V1.QueueView> GetQueue(GetQueueRequest request, ServerCallContext context)
    {
        var depth = await QueueView.ReadAsync(queue, places, workflows);
        var view = new V1.QueueView { Owned = depth.Owned, Waiting = depth.Waiting, Later = depth.Later };
        view.Workflows.AddRange(depth.Workflows.Select(line => new V1.WorkflowLineView { Workflow = line.Workflow, Limit = line.Limit, Running = line.Running, Waiting = line.Waiting }));
        return view;
    }

    [Authorize(Scopes.RunsRead)]
    public override Task<ListWorkflowsReply> ListWorkflows(ListWorkflowsRequest request, ServerCallContext context)
    {
        var reply = new ListWorkflowsReply();
        reply.Workflows.AddRange(workflows.Current.Select(RunMessages.Write));
        return Task.FromResult(reply);
    }

    [Authorize(Scopes.RunsRead)]
    public override Task<GetGraphReply> GetGraph(GetGraphRequest request, ServerCallContext context)
    {
        var (contentType, content) = WorkflowGraph.Draw(workflows, request.Workflow, request.Format.Length > 0 ? request.Format : WorkflowGraph.Svg);
        return Task.FromResult(new GetGraphReply { ContentType = contentType, Content = content });
    }

    [Authorize(Scopes.RunsRead)]
    [EnableRateLimiting(LimitExtensions.EventStreams)]
    public override async Task Events(EventsRequest request, IServerStreamWriter<RunEventMessage> responseStream, ServerCallContext context)
    {
        if (request.After < 0) throw RunRefusedException.BadCursor(request.After.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (await runs.FindAsync(Caller(context), request.RunId) is { IsTrimmed: true }) throw RunRefusedException.JournalTrimmed(request.RunId);
        await foreach (var runEvent in watcher.FollowAsync(request.RunId, request.After, context.CancellationToken))
        {
            var message = new RunEventMessage { Sequence = runEvent.Sequence, Event = UnsafeByteOperations.UnsafeWrap(RunEventJson.Write(runEvent)) };
            await responseStream.WriteAsync(message, context.CancellationToken);
        }
    }

    [Authorize(Scopes.RunsRead)]
    public override async Task<RunAuditReply> GetAudit(RunAuditRequest request, ServerCallContext context)
    {
        var page = await audit.ReadAsync(Caller(context), request.RunId, request.PageToken, request.PageSize == 0 ? RunAudit.DefaultPageSize : request.PageSize, context.CancellationToken);
        var reply = new RunAuditReply { NextPageToken = page.NextPageToken };
        reply.Records.AddRange(page.Records);
        return reply;
    }

    [Authorize(Scopes.RunsStart)]
    public override async Task<V1.RunView> Cancel(CancelRunRequest request, ServerCallContext context)
    {
        await runs.CancelAsync(Caller(context), request.RunId, request.Reason.Length > 0 ? request.Reason : "cancelled by the caller");
        return await ViewAsync(await runs.FindAsync(Caller(context), request.RunId));
    }

    [Authorize(Scopes.RunsStart)]
    public override async Task<SignalReply> Signal(SignalRequest request, ServerCallContext context)
    {
        await runs.SignalAsync(
            Caller(context),
            request.RunId,
            new SignalReceived { Name = request.Name, Data = RunMessages.Read(request.Data, "data"), SignalId = RunMessages.NullIfEmpty(request.SignalId) });
        return new SignalReply();
    }

    [Authorize(Scopes.ApprovalsAnswer)]
    public override async Task<ListApprovalsReply> ListApprovals(RunRequest request, ServerCallContext context)
    {
        var reply = new ListApprovalsReply();
        reply.Approvals.AddRange((await approvals.OpenAsync(Caller(context), request.RunId)).Select(RunMessages.Write));
        return reply;
    }

    [Authorize(Scopes.ApprovalsAnswer)]
    public override async Task<AnswerReply> Answer(AnswerRequest request, ServerCallContext context)
    {
        await approvals.AnswerAsync(Caller(context), request.RunId, request.ApprovalId, Decision(request));
        return new AnswerReply();
    }

    [Authorize(Scopes.RunsStart)]
    public override async Task<V1.RunView> Retry(RunRequest request, ServerCallContext context) => await ViewAsync(await runs.RetryAsync(Caller(context), request.RunId));

    [Authorize(Scopes.RunsStart)]
    public override async Task<V1.RunView> Fork(ForkRunRequest request, ServerCallContext context) =>
        await ViewAsync(await runs.ForkAsync(Caller(context), request.RunId, request.From, Math.Max(request.Visit, 1)));

    [Authorize(Scopes.RunsStart)]
    public override async Task<V1.RunView> Requeue(RunRequest request, ServerCallContext context) => await ViewAsync(await runs.RequeueAsync(Caller(context), request.RunId));

    [Authorize(Scopes.RunsStart)]
    public override async Task<V1.RunView> Discard(DiscardRunRequest request, ServerCallContext context) =>
        await ViewAsync(await runs.DiscardAsync(Caller(context), request.RunId, request.Reason.Length > 0 ? request.Reason : "discarded"));

    private static Caller Caller(ServerCallContext context) => context.GetHttpContext().Caller();

    private async Task<V1.RunView> ViewAsync(RunRecord run, RunSnapshot? state = null)
    {
        var view = RunMessages.Write(run, state ?? await runs.FoldAsync(run));
        if (await runs.BeforeAsync(run) is { } before) view.RunsBefore = before;
        return view;
    }

    private static ListRunsReply Page((IReadOnlyList<RunRecord> Runs, string? Next) page)
    {
        var reply = new ListRunsReply { NextPageToken = page.Next ?? "" };
        reply.Runs.AddRange(page.Runs.Select(run => RunMessages.Write(run, null)));
        return reply;
    }

    private static ApprovalDecision Decision(AnswerRequest request)
    {
        try
        {
            return RunMessages.Read(request.Decision, "decision").As<ApprovalDecision>() ?? throw new RunRefusedException(RunRefusal.Malformed, "decision is missing.");
        }
        catch (PayloadException malformed)
        {
            throw new RunRefusedException(RunRefusal.Malformed, $"decision: {malformed.Message}", malformed);
        }
    }
}
