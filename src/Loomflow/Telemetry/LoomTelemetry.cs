using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Loomflow;

/// <summary>
/// Every name that telemetry uses: spans, attributes and metrics. The span names are the composition document's; the
/// <c>gen_ai.*</c> attributes are those of the OpenTelemetry semantic conventions 1.41, which are still in development and
/// will move, so they are written down here and nowhere else.
/// </summary>
public static class LoomTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Loomflow";

    /// <summary>A workflow run.</summary>
    public const string WorkflowRunSpan = "loom.workflow.run";

    /// <summary>A node of a workflow, or an inline step.</summary>
    public const string StepSpan = "loom.workflow.step";

    /// <summary>An agent run.</summary>
    public const string AgentRunSpan = "loom.run";

    /// <summary>One turn of an agent.</summary>
    public const string TurnSpan = "loom.turn";

    /// <summary>A model call whose answer comes in one piece.</summary>
    public const string ModelCompleteSpan = "loom.model.complete";

    /// <summary>A model call whose answer is streamed.</summary>
    public const string ModelStreamSpan = "loom.model.stream";

    /// <summary>A tool call.</summary>
    public const string ToolSpan = "loom.tool";

    /// <summary>The source of all spans.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>The meter of all metrics.</summary>
    public static Meter Meter { get; } = new(Name);

    /// <summary>Attribute names.</summary>
    public static class Attributes
    {
        /// <summary><c>workflow</c> or <c>agent</c>: who emitted the span.</summary>
        public const string Pattern = "pattern";

        /// <summary>The user; absent for anonymous runs.</summary>
        public const string UserId = "user_id";

        /// <summary>The conversation.</summary>
        public const string SessionId = "session_id";

        /// <summary>The run.</summary>
        public const string RunId = "loom.run.id";

        /// <summary>The workflow.</summary>
        public const string Workflow = "workflow";

        /// <summary>The content hash of the workflow definition.</summary>
        public const string Definition = "loom.workflow.definition";

        /// <summary>The step's name.</summary>
        public const string Step = "step";

        /// <summary>The step's full path in the run.</summary>
        public const string Path = "loom.step.path";

        /// <summary>How often the run has come to the step.</summary>
        public const string Visit = "loom.step.visit";

        /// <summary>Which try of the visit it is.</summary>
        public const string Attempt = "loom.step.attempt";

        /// <summary>How the run or step ended: <c>completed</c>, <c>failed</c>, <c>cancelled</c>, <c>capped</c>.</summary>
        public const string Outcome = "outcome";

        /// <summary>The type of the error, by convention of OpenTelemetry.</summary>
        public const string ErrorType = "error.type";
    }

    /// <summary>Names of the metrics of memory; their tags have few values, and never a user's.</summary>
    public static class Memory
    {
        /// <summary>Histogram, seconds: how long a call of a memory store took. Tags <c>store</c>, <c>operation</c>, and <c>error.type</c> where it failed.</summary>
        public const string OperationDuration = "loom.memory.operation.duration";

        /// <summary>Counter: texts that the embedder gave no vector for.</summary>
        public const string EmbeddingFailures = "loom.memory.embedding.failures";

        /// <summary>Counter: episodes that facts were to be taken from. Tag <c>outcome</c>: <c>extracted</c>, <c>failed</c>, <c>dropped</c>.</summary>
        public const string Extractions = "loom.memory.extractions";

        /// <summary>Up-down counter: episodes that wait for facts to be taken from them.</summary>
        public const string ExtractionsPending = "loom.memory.extractions.pending";

        /// <summary>Counter: how indexes of single users were brought up to date. Tag <c>kind</c>: <c>load</c> or <c>delta</c>.</summary>
        public const string IndexReads = "loom.memory.index.reads";
    }

    /// <summary>Names of the metrics of the audit service.</summary>
    public static class AuditLog
    {
        /// <summary>Counter: entries that were answered. Tag <c>outcome</c>: <c>appended</c>, <c>duplicate</c>, <c>conflict</c>, <c>refused</c>.</summary>
        public const string Entries = "loom.audit.entries";

        /// <summary>Histogram, seconds: how long a group commit took, flush included.</summary>
        public const string CommitDuration = "loom.audit.commit.duration";

        /// <summary>Gauge: records in the log.</summary>
        public const string Size = "loom.audit.size";

        /// <summary>Gauge: appends that wait for the disk.</summary>
        public const string QueueDepth = "loom.audit.queue.depth";

        /// <summary>Gauge, seconds: the age of the newest checkpoint.</summary>
        public const string CheckpointAge = "loom.audit.checkpoint.age";

        /// <summary>Gauge: the last sequence number that the last verification found intact.</summary>
        public const string VerifiedSequence = "loom.audit.verified.sequence";

        /// <summary>Counter: verifications that found damage. Tag <c>kind</c>.</summary>
        public const string VerificationFailures = "loom.audit.verification.failures";
    }

    /// <summary>Marks a span as failed, by convention of OpenTelemetry.</summary>
    public static void Fail(this Activity? activity, Failure failure)
    {
        if (activity is null) return;
        ArgumentNullException.ThrowIfNull(failure);
        activity.SetStatus(ActivityStatusCode.Error, failure.Message);
        activity.SetTag(Attributes.ErrorType, failure.Type.Length > 0 ? failure.Type : failure.Kind.ToString());
        if (failure.Exception is { } exception) activity.AddException(exception);
    }

    /// <summary>Opens a span that carries pattern, user, session and run; <see langword="null"/> when nobody listens.</summary>
    public static Activity? StartSpan(string name, string pattern, RunContext context, ActivityKind kind = ActivityKind.Internal, ActivityContext parent = default, IEnumerable<ActivityLink>? links = null)
    {
        if (!Source.HasListeners()) return null;
        ArgumentNullException.ThrowIfNull(context);
        var activity = parent == default && links is null
            ? Source.StartActivity(name, kind)
            : Source.StartActivity(kind, parent == default ? Activity.Current?.Context ?? default : parent, links: links, name: name);
        if (activity is null) return null;
        activity.SetTag(Attributes.Pattern, pattern);
        activity.SetTag(Attributes.SessionId, context.SessionId);
        activity.SetTag(Attributes.RunId, context.RunId);
        if (context.UserId is { } user) activity.SetTag(Attributes.UserId, user);
        return activity;
    }
}
