using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loomflow.Audit;

namespace Loomflow;

/// <summary>
/// The one place where run events become audit entries. Every event that says that something was decided or done has an entry;
/// its event id is the run and the sequence number, so that a log can tell a repetition from a second event.
/// </summary>
public static class AuditMapper
{
    /// <summary>Characters of an input, output or argument that go into an entry; the rest is cut off.</summary>
    public const int SummaryLength = 500;

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? t_writer;

    /// <summary>The entry for an event, or <see langword="null"/> for events that are not audited (turns, waiting, progress).</summary>
    /// <param name="runEvent">An event that has been given its sequence number.</param>
    /// <param name="run">The run that it belongs to.</param>
    /// <param name="fullContent">Whether payloads go in whole instead of cut to <see cref="SummaryLength"/> characters.</param>
    public static AuditEntry? Map(RunEvent runEvent, RunIdentity run, bool fullContent = false)
    {
        ArgumentNullException.ThrowIfNull(runEvent);
        ArgumentNullException.ThrowIfNull(run);
        var limit = fullContent ? int.MaxValue : SummaryLength;
        return runEvent switch
        {
            RunStarted { Resumed: false } e => Entry(e, run, limit, e.Kind == RunKind.Workflow ? AuditAction.WorkflowStarted : AuditAction.RunStarted, ActorOf(e.Kind), e.Name, static (json, e, limit) =>
            {
                Write(json, "input", e.Input, limit);
                if (e.Definition is not null) json.WriteString("definition", e.Definition);
                if (e.Model is not null) json.WriteString("model", e.Model);
            }),
            RunCompleted e => Entry(e, run, limit, e.Kind == RunKind.Workflow ? AuditAction.WorkflowCompleted : AuditAction.RunCompleted, ActorOf(e.Kind), e.Name, static (json, e, limit) =>
            {
                Write(json, "output", e.Output, limit);
                WriteUsage(json, e.Usage);
                if (e.StopReason is not null) json.WriteString("stop_reason", e.StopReason);
                if (e.Turns > 0) json.WriteNumber("turns", e.Turns);
            }),
            RunFailed e => Entry(e, run, limit, e.Kind == RunKind.Workflow ? AuditAction.WorkflowFailed : AuditAction.RunFailed, ActorOf(e.Kind), e.Name, static (json, e, limit) => WriteFailure(json, e.Failure)),
            RunCancelled e => Entry(e, run, limit, e.Kind == RunKind.Workflow ? AuditAction.WorkflowCancelled : AuditAction.RunCancelled, ActorOf(e.Kind), e.Name, static (json, e, limit) => json.WriteString("reason", e.Reason)),
            StepStarted e => Entry(e, run, limit, AuditAction.StepStarted, AuditActor.Workflow, run.Name, e.Input.IsNull ? null : static (json, e, limit) => Write(json, "input", e.Input, limit)),
            StepCompleted e => Entry(e, run, limit, AuditAction.StepCompleted, AuditActor.Workflow, run.Name, e.Output.IsNull ? null : static (json, e, limit) => Write(json, "output", e.Output, limit)),
            StepFailed e => Entry(e, run, limit, AuditAction.StepFailed, AuditActor.Workflow, run.Name, static (json, e, limit) => WriteFailure(json, e.Failure)),
            StepRetrying e => Entry(e, run, limit, AuditAction.StepRetrying, AuditActor.Workflow, run.Name, static (json, e, limit) => WriteFailure(json, e.Failure)),
            StepCancelled e => Entry(e, run, limit, AuditAction.StepCancelled, AuditActor.Workflow, run.Name, static (json, e, limit) => json.WriteString("reason", e.Reason)),
            RouteTaken e => Entry(e, run, limit, AuditAction.RouteTaken, AuditActor.Workflow, run.Name, static (json, e, limit) =>
            {
                json.WriteString("label", e.Label);
                json.WriteStartArray("targets");
                foreach (var target in e.Targets) json.WriteStringValue(target);
                json.WriteEndArray();
                if (e.Failure is not null) WriteFailure(json, e.Failure);
            }),
            TimerSet e => Entry(e, run, limit, AuditAction.TimerSet, AuditActor.Workflow, run.Name, static (json, e, limit) => json.WriteString("due", e.Due)),
            TimerFired e => Entry(e, run, limit, AuditAction.TimerFired, AuditActor.System, run.Name),
            ApprovalRequested e => Entry(e, run, limit, AuditAction.ApprovalRequested, AuditActor.System, run.Name, static (json, e, limit) =>
            {
                json.WriteString("approval_id", e.Request.ApprovalId);
                json.WriteString("title", e.Request.Title);
                Write(json, "subject", e.Request.Subject, limit);
            }),
            ApprovalDecided e => Entry(e, run, limit, AuditAction.ApprovalDecided, AuditActor.User, e.Decision.Responder ?? "(deadline)", static (json, e, limit) =>
            {
                json.WriteString("approval_id", e.ApprovalId);
                json.WriteString("outcome", e.Decision.Outcome == ApprovalOutcome.Approved ? "approved" : "denied");
                json.WriteString("comment", e.Decision.Comment);
            }),
            SignalReceived e => Entry(e, run, limit, AuditAction.SignalReceived, AuditActor.User, e.Sender ?? e.Name, static (json, e, limit) =>
            {
                json.WriteString("signal", e.Name);
                Write(json, "data", e.Data, limit);
            }),
            ToolCalled e => Entry(e, run, limit, AuditAction.ToolCall, AuditActor.Model, e.Tool, static (json, e, limit) =>
            {
                json.WriteString("call_id", e.CallId);
                Write(json, "arguments", e.Arguments, limit);
                json.WriteBoolean("destructive", e.Destructive);
                json.WriteNumber("turn", e.Turn);
            }),
            ToolCallEdited e => Entry(e, run, limit, AuditAction.ToolCallEdited, AuditActor.User, e.Tool, static (json, e, limit) =>
            {
                json.WriteString("call_id", e.CallId);
                Write(json, "original", e.Original, limit);
                Write(json, "edited", e.Edited, limit);
                json.WriteString("by", e.By);
            }),
            ToolReturned e => Entry(e, run, limit, e.Denied ? AuditAction.ToolCallDenied : AuditAction.ToolResult, AuditActor.System, e.Tool, static (json, e, limit) =>
            {
                json.WriteString("call_id", e.CallId);
                json.WriteBoolean("ok", e.Ok);
                if (e.Error is not null) json.WriteString("error", Cut(e.Error, limit));
                Write(json, "result", e.Result, limit);
            }),
            GuardrailBlocked e => Entry(e, run, limit, AuditAction.GuardrailBlocked, AuditActor.System, e.Guardrail, static (json, e, limit) =>
            {
                json.WriteString("stage", e.Stage);
                json.WriteString("reason", e.Reason);
            }),
            _ => null,
        };
    }

    private static string ActorOf(RunKind kind) => kind == RunKind.Workflow ? AuditActor.Workflow : AuditActor.User;

    private static AuditEntry Entry<TEvent>(TEvent e, RunIdentity run, int limit, string action, string actor, string subject, Action<Utf8JsonWriter, TEvent, int>? payload = null)
        where TEvent : RunEvent => new()
    {
        EventId = $"{run.RunId}/{e.Sequence}",
        Time = e.Time,
        Action = action,
        Actor = actor,
        Partition = run.Partition,
        SessionId = run.SessionId,
        RunId = run.RunId,
        RootRunId = run.RootRunId,
        ParentRunId = run.ParentRunId,
        Subject = subject,
        Node = e.Path,
        Visit = e.Visit,
        Attempt = e.Attempt,
        TraceId = e.TraceId,
        SpanId = e.SpanId,
        Payload = payload is null ? default : Json(payload, e, limit),
    };

    private static ReadOnlyMemory<byte> Json<TEvent>(Action<Utf8JsonWriter, TEvent, int> payload, TEvent e, int limit)
    {
        if (t_writer is not var (buffer, writer))
        {
            buffer = new ArrayBufferWriter<byte>(512);
            writer = new Utf8JsonWriter(buffer, s_json);
            t_writer = (buffer, writer);
        }

        buffer.ResetWrittenCount();
        writer.Reset();
        writer.WriteStartObject();
        payload(writer, e, limit);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, Payload value, int limit)
    {
        if (!value.IsNull) json.WriteString(name, Cut(value.ToString(), limit));
    }

    private static void WriteUsage(Utf8JsonWriter json, Usage usage)
    {
        if (usage.ModelCalls == 0) return;
        json.WriteNumber("input_tokens", usage.InputTokens);
        json.WriteNumber("output_tokens", usage.OutputTokens);
        json.WriteNumber("cost_usd", usage.Cost);
    }

    private static void WriteFailure(Utf8JsonWriter json, Failure failure)
    {
        json.WriteString("kind", failure.Kind.ToString());
        json.WriteString("error", failure.Type);
        json.WriteString("message", Cut(failure.Message, SummaryLength));
    }

    private static string Cut(string text, int limit) =>
        text.Length <= limit ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit), "…");
}
