using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Redis.Runs;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Runs and what belongs to them as gRPC has them.</summary>
internal static class RunMessages
{
    /// <param name="run">The run's record.</param>
    /// <param name="state">What its journal says, or <see langword="null"/> to leave that out.</param>
    public static V1.RunView Write(RunRecord run, RunSnapshot? state)
    {
        var view = new V1.RunView
        {
            Run = RunReferences.Write(run.Header.Run),
            Workflow = run.Header.Workflow,
            Definition = run.Header.Definition,
            Status = RunStatusName.Of(run.Status),
            Reason = run.Reason ?? "",
            Input = Json(run.Header.Input),
            Output = Json(run.Output),
            Failure = Json(run.Failure),
            CreatedAt = run.Header.CreatedAt.ToTimestamp(),
            LastSequence = run.Sequence,
            TraceId = run.Header.TraceParent is { Length: > 35 } parent ? parent[3..35] : "",
            ForkedFrom = run.Header.ForkedFrom ?? "",
        };
        if (state is null) return view;
        view.Visited.AddRange(state.Visited);
        view.History.AddRange(state.History.Select(Write));
        view.Usage = Json(Payload.Of(state.Usage));
        if (state.LastSequence > 0) view.StartedAt = state.StartedAt.ToTimestamp();
        if (run.IsTerminal) view.EndedAt = state.EndedAt.ToTimestamp();
        return view;
    }

    public static V1.WorkflowView Write(IWorkflow workflow)
    {
        var view = WorkflowView.Of(workflow);
        var message = new V1.WorkflowView { Name = view.Name, Definition = view.Definition, Input = view.Input, Output = view.Output };
        message.Nodes.AddRange(view.Nodes);
        return message;
    }

    public static ApprovalView Write(ApprovalRequest request)
    {
        var view = new ApprovalView
        {
            ApprovalId = request.ApprovalId,
            Title = request.Title,
            Subject = Json(request.Subject),
            Schema = request.Schema ?? "",
            Deadline = request.Deadline?.ToTimestamp(),
            Default = request.Default.ToString().ToLowerInvariant(),
        };
        view.Responders.AddRange(request.Responders);
        return view;
    }

    /// <summary>Reads a field that holds JSON; empty is the absent value.</summary>
    /// <exception cref="RunRefusedException">It is not JSON.</exception>
    public static Payload Read(ByteString json, string field)
    {
        if (json.IsEmpty) return Payload.Null;
        try
        {
            using var document = JsonDocument.Parse(json.Memory);
            return Payload.FromJson(json.ToByteArray());
        }
        catch (JsonException malformed)
        {
            throw new RunRefusedException(RunRefusal.Malformed, $"{field} is not JSON: {malformed.Message}", malformed);
        }
    }

    /// <summary>Reads who and what a parent run is.</summary>
    /// <exception cref="RunRefusedException">Its partition is malformed.</exception>
    public static RunIdentity? Read(RunReference? reference)
    {
        try
        {
            return reference is null ? null : RunReferences.Read(reference);
        }
        catch (FormatException malformed)
        {
            throw new RunRefusedException(RunRefusal.Malformed, $"parent.partition: {malformed.Message}", malformed);
        }
    }

    /// <summary>Reads a time; absent is none.</summary>
    /// <exception cref="RunRefusedException">It is outside of what protobuf allows.</exception>
    public static DateTimeOffset? Read(Timestamp? time, string field)
    {
        try
        {
            return time?.ToDateTimeOffset();
        }
        catch (InvalidOperationException malformed)
        {
            throw new RunRefusedException(RunRefusal.Malformed, $"{field} is no time between the years 1 and 9999.", malformed);
        }
    }

    public static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static V1.NodeVisitView Write(NodeVisit visit) => new()
    {
        Node = visit.Node,
        Path = visit.Path,
        Visit = visit.Visit,
        Attempts = visit.Attempts,
        Status = RunStatusName.Of(visit.Status),
        Output = Json(visit.Output),
        Failure = Json(visit.Failure),
        StartedAt = visit.StartedAt.ToTimestamp(),
        EndedAt = visit.EndedAt?.ToTimestamp(),
    };

    private static ByteString Json(Payload value) => ByteString.CopyFrom(value.ToJson().Span);

    private static ByteString Json(Failure? failure) => failure is null ? ByteString.Empty : Json(Payload.Of(failure));
}
