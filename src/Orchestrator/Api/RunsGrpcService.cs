using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Redis.Runs;
using Loomflow.V1;
using Microsoft.AspNetCore.Authorization;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Runs over gRPC: for services, such as workers whose agents call workflows as tools, and for users as over REST.</summary>
internal sealed class RunsGrpcService(RunService runs, RunQuestions questions, RunWatcher watcher, Delegation delegation) : V1.Runs.RunsBase
{
    [Authorize(Scopes.RunsStart)]
    public override async Task<V1.RunView> Start(StartRunRequest request, ServerCallContext context)
    {
        var caller = await ActForAsync(request.UserId, context);
        if (request.Parent is not null && !caller.IsService) throw new RpcException(new Status(StatusCode.PermissionDenied, "Only a service starts child runs: leave 'parent' out."));
        try
        {
            var run = await runs.StartAsync(new StartRun
            {
                Workflow = request.Workflow,
                Input = Json(request.Input, "input"),
                UserId = caller.RequireUser(),
                SessionId = NullIfEmpty(request.SessionId),
                Metadata = request.Metadata.ToDictionary(),
                ResponseTone = NullIfEmpty(request.ResponseTone),
                Memory = NullIfEmpty(request.Memory),
                IdempotencyKey = NullIfEmpty(request.IdempotencyKey),
                Parent = request.Parent is null ? null : IdentityOf(request.Parent),
                StartAt = request.StartAt?.ToDateTimeOffset(),
            });
            run = await runs.WaitAsync(run, TimeSpan.FromMilliseconds(request.WaitMilliseconds), context.CancellationToken);
            return await ViewAsync(run);
        }
        catch (CallerRefusedException refused)
        {
            throw StatusOf(refused);
        }
        catch (RunRefusedException refused)
        {
            throw new RpcException(new Status(
                refused.Refusal switch
                {
                    RunRefusal.UnknownWorkflow => StatusCode.NotFound,
                    RunRefusal.KeyReused => StatusCode.AlreadyExists,
                    _ => StatusCode.InvalidArgument,
                },
                refused.Message));
        }
    }

    [Authorize(Scopes.RunsRead)]
    public override async Task<V1.RunView> Get(RunRequest request, ServerCallContext context) => await ViewAsync(await FindAsync(request.RunId, context));

    [Authorize(Scopes.RunsRead)]
    public override async Task<ListRunsReply> List(ListRunsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > 200) throw new RpcException(new Status(StatusCode.InvalidArgument, "page_size is from 1 to 200."));
        RunStatus? status = null;
        if (request.Status.Length > 0)
        {
            if (!System.Enum.TryParse<RunStatus>(request.Status, ignoreCase: true, out var known)) throw new RpcException(new Status(StatusCode.InvalidArgument, $"'{request.Status}' is not a status."));
            status = known;
        }

        try
        {
            var caller = context.GetHttpContext().Caller();
            if (!caller.IsAdmin) caller = await ActForAsync(request.UserId, context);
            var (found, next) = await runs.ListAsync(
                caller,
                NullIfEmpty(request.UserId),
                NullIfEmpty(request.Workflow),
                status,
                NullIfEmpty(request.PageToken),
                request.PageSize == 0 ? 50 : request.PageSize);
            var reply = new ListRunsReply { NextPageToken = next ?? "" };
            reply.Runs.AddRange(found.Select(run => View(run, null)));
            return reply;
        }
        catch (ArgumentException badCursor) when (badCursor.ParamName == "before")
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, badCursor.Message));
        }
    }

    [Authorize(Scopes.RunsRead)]
    public override async Task Events(EventsRequest request, IServerStreamWriter<RunEventMessage> responseStream, ServerCallContext context)
    {
        await FindAsync(request.RunId, context);
        await foreach (var runEvent in watcher.FollowAsync(request.RunId, request.After, context.CancellationToken))
        {
            var message = new RunEventMessage { Sequence = runEvent.Sequence, Event = UnsafeByteOperations.UnsafeWrap(RunEventJson.Write(runEvent)) };
            await responseStream.WriteAsync(message, context.CancellationToken);
        }
    }

    [Authorize(Scopes.RunsStart)]
    public override async Task<V1.RunView> Cancel(CancelRunRequest request, ServerCallContext context)
    {
        await FindAsync(request.RunId, context);
        await runs.PostAsync(request.RunId, new InboxMessage { Cancel = request.Reason.Length > 0 ? request.Reason : "cancelled by the caller" });
        return await ViewAsync(await FindAsync(request.RunId, context));
    }

    [Authorize(Scopes.RunsStart)]
    public override async Task<SignalReply> Signal(SignalRequest request, ServerCallContext context)
    {
        await FindAsync(request.RunId, context);
        var signal = new SignalReceived { Name = request.Name, Data = Json(request.Data, "data"), Sender = context.GetHttpContext().Caller().UserId, SignalId = NullIfEmpty(request.SignalId) };
        await runs.PostAsync(request.RunId, new InboxMessage { Signal = signal });
        return new SignalReply();
    }

    [Authorize(Scopes.ApprovalsAnswer)]
    public override async Task<AnswerReply> Answer(AnswerRequest request, ServerCallContext context)
    {
        var decision = Json(request.Decision, "decision").As<ApprovalDecision>() ?? throw new RpcException(new Status(StatusCode.InvalidArgument, "decision is missing."));
        return await questions.AnswerAsync(context.GetHttpContext().Caller(), request.RunId, request.ApprovalId, decision) switch
        {
            AnswerOutcome.NoSuchRun => throw NoSuchRun(request.RunId),
            AnswerOutcome.NotAResponder => throw new RpcException(new Status(StatusCode.PermissionDenied, $"Question '{request.ApprovalId}' is not yours to answer.")),
            var outcome => new AnswerReply { Accepted = outcome == AnswerOutcome.Accepted },
        };
    }

    private async ValueTask<Caller> ActForAsync(string user, ServerCallContext context)
    {
        try
        {
            return await delegation.ActForAsync(context.GetHttpContext().Caller(), user, context.GetHttpContext().AskedFor(), context.CancellationToken);
        }
        catch (CallerRefusedException refused)
        {
            throw StatusOf(refused);
        }
    }

    private static RpcException StatusOf(CallerRefusedException refused) => new(new Status(
        refused.Status switch
        {
            StatusCodes.Status400BadRequest => StatusCode.InvalidArgument,
            StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
            _ => StatusCode.PermissionDenied,
        },
        refused.Message));

    private async Task<RunRecord> FindAsync(string runId, ServerCallContext context) => await runs.FindAsync(context.GetHttpContext().Caller(), runId) ?? throw NoSuchRun(runId);

    private static RpcException NoSuchRun(string runId) => new(new Status(StatusCode.NotFound, $"There is no run '{runId}'."));

    private async Task<V1.RunView> ViewAsync(RunRecord run) => View(run, await runs.FoldAsync(run));

    private static V1.RunView View(RunRecord run, RunSnapshot? state)
    {
        var view = new V1.RunView
        {
            Run = RunReferences.Write(run.Header.Run),
            Workflow = run.Header.Workflow,
            Definition = run.Header.Definition,
            Status = run.Status.ToString().ToLowerInvariant(),
            Reason = run.Reason ?? "",
            Input = ByteString.CopyFrom(run.Header.Input.ToJson().Span),
            Output = ByteString.CopyFrom(run.Output.ToJson().Span),
            Failure = run.Failure is null ? ByteString.Empty : ByteString.CopyFrom(Payload.Of(run.Failure).ToJson().Span),
            CreatedAt = run.Header.CreatedAt.ToTimestamp(),
            LastSequence = run.Sequence,
            TraceId = run.Header.TraceParent is { Length: > 35 } parent ? parent[3..35] : "",
        };
        if (state is null) return view;
        view.Visited.AddRange(state.Visited);
        view.Usage = ByteString.CopyFrom(Payload.Of(state.Usage).ToJson().Span);
        if (state.LastSequence > 0) view.StartedAt = state.StartedAt.ToTimestamp();
        if (run.IsTerminal) view.EndedAt = state.EndedAt.ToTimestamp();
        return view;
    }

    private static RunIdentity IdentityOf(RunReference reference)
    {
        try
        {
            return RunReferences.Read(reference);
        }
        catch (FormatException malformed)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"parent.partition: {malformed.Message}"));
        }
    }

    private static Payload Json(ByteString json, string field)
    {
        if (json.IsEmpty) return Payload.Null;
        try
        {
            using var document = JsonDocument.Parse(json.Memory);
            return Payload.FromJson(json.ToByteArray());
        }
        catch (JsonException malformed)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"{field} is not JSON: {malformed.Message}"));
        }
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
