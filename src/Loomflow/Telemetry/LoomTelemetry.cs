using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Loomflow;

/// <summary>
/// Every name that telemetry uses: spans, attributes and metrics. The span names are the composition document's. What each means is
/// in docs/observability.md; the <c>gen_ai.*</c> names of the OpenTelemetry conventions are in <see cref="GenAi"/>.
/// </summary>
public static class LoomTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Loomflow";

    /// <summary>What <c>gen_ai.provider.name</c> says of workflows, which the convention has no provider for; Aspire's dashboard shows only spans with one as GenAI.</summary>
    public const string ProviderName = "loomflow";

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

        /// <summary>The run around a child run.</summary>
        public const string ParentRunId = "loom.run.parent_id";

        /// <summary>
        /// How the run or step ended: <c>completed</c>, <c>failed</c>, <c>cancelled</c>, <c>capped</c>; of an attempt that another one follows <c>retrying</c>; of work
        /// that this process left before its end <c>waiting</c> or <c>released</c>.
        /// </summary>
        public const string Outcome = "outcome";

        /// <summary>The place in the audit log of the entry about the span.</summary>
        public const string AuditSequence = "loom.audit.sequence";

        /// <summary>The type of the error, by convention of OpenTelemetry.</summary>
        public const string ErrorType = "error.type";
    }

    /// <summary>Names of the metrics of the engine and the services around it; their tags have few values, and never a run's, user's or session's.</summary>
    public static class Runs
    {
        /// <summary>Histogram, seconds: from a run's start to its end, whoever worked on it. Tags <c>pattern</c>, <c>name</c>, <c>outcome</c>.</summary>
        public const string Duration = "loom.run.duration";

        /// <summary>Up-down counter: runs that this process drives right now. Tag <c>workflow</c>.</summary>
        public const string Active = "loom.runs.active";

        /// <summary>Gauge: runs in the queue that no orchestrator has taken. The same number at every orchestrator.</summary>
        public const string Queued = "loom.runs.queued";

        /// <summary>Histogram, seconds: how long a run was in the queue before an orchestrator took it.</summary>
        public const string QueueDelay = "loom.run.queue.delay";

        /// <summary>Counter: runs that were taken over from an orchestrator that no longer renewed its lease.</summary>
        public const string Takeovers = "loom.run.takeovers";

        /// <summary>Histogram, seconds: one attempt of a step. Tags <c>workflow</c>, <c>step</c>, <c>outcome</c>.</summary>
        public const string StepDuration = "loom.step.duration";

        /// <summary>Counter: steps that were sent to a worker again. Tag <c>reason</c>: <c>full</c>, <c>unreachable</c>, <c>not_hosted</c>, <c>cut</c>, <c>given_up</c>, <c>lost</c>.</summary>
        public const string DispatchRetries = "loom.dispatch.retries";
    }

    /// <summary>Names of the metrics of workers.</summary>
    public static class Worker
    {
        /// <summary>Gauge: steps that this worker carries out right now.</summary>
        public const string Load = "loom.worker.load";

        /// <summary>Gauge: how many steps this worker takes at the same time.</summary>
        public const string Capacity = "loom.worker.capacity";
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

    /// <summary>Names of the metrics of the audit service, and of those who send it entries.</summary>
    public static class AuditLog
    {
        /// <summary>Histogram, seconds: at the sender, from an event's journaling to the acknowledgement of its entry.</summary>
        public const string AppendDuration = "loom.audit.append.duration";

        /// <summary>Up-down counter: at the sender, journaled events whose entries are not acknowledged yet.</summary>
        public const string Backlog = "loom.audit.backlog";

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
}
