namespace Loomflow.Audit;

/// <summary>The names of what is audited: those of the composition document, and what it leaves out.</summary>
public static class AuditAction
{
    /// <summary>A workflow run began.</summary>
    public const string WorkflowStarted = "workflow_started";

    /// <summary>A workflow run ended with a result.</summary>
    public const string WorkflowCompleted = "workflow_completed";

    /// <summary>A workflow run ended with an error.</summary>
    public const string WorkflowFailed = "workflow_failed";

    /// <summary>A workflow run was cancelled.</summary>
    public const string WorkflowCancelled = "workflow_cancelled";

    /// <summary>A step is about to run.</summary>
    public const string StepStarted = "step_started";

    /// <summary>A step returned.</summary>
    public const string StepCompleted = "step_completed";

    /// <summary>A step failed for good.</summary>
    public const string StepFailed = "step_failed";

    /// <summary>A step failed and will be tried again.</summary>
    public const string StepRetrying = "step_retrying";

    /// <summary>A step was under way when its run ended, and was stopped.</summary>
    public const string StepCancelled = "step_cancelled";

    /// <summary>A router chose.</summary>
    public const string RouteTaken = "route_taken";

    /// <summary>An agent run began.</summary>
    public const string RunStarted = "run_started";

    /// <summary>An agent run ended with a result.</summary>
    public const string RunCompleted = "run_completed";

    /// <summary>An agent run ended with an error.</summary>
    public const string RunFailed = "run_failed";

    /// <summary>An agent run was cancelled.</summary>
    public const string RunCancelled = "run_cancelled";

    /// <summary>A model asked for a tool.</summary>
    public const string ToolCall = "tool_call";

    /// <summary>A person changed a tool call's arguments before it ran.</summary>
    public const string ToolCallEdited = "tool_call_edited";

    /// <summary>A tool call was refused by a permission, a hook or a person.</summary>
    public const string ToolCallDenied = "tool_call_denied";

    /// <summary>A tool returned, or failed.</summary>
    public const string ToolResult = "tool_result";

    /// <summary>A guardrail stopped an input or an output.</summary>
    public const string GuardrailBlocked = "guardrail_blocked";

    /// <summary>A person was asked to decide.</summary>
    public const string ApprovalRequested = "approval_requested";

    /// <summary>A person decided, or the time to decide ran out.</summary>
    public const string ApprovalDecided = "approval_decided";

    /// <summary>A signal reached a run.</summary>
    public const string SignalReceived = "signal_received";

    /// <summary>A durable timer was set.</summary>
    public const string TimerSet = "timer_set";

    /// <summary>A durable timer fired.</summary>
    public const string TimerFired = "timer_fired";

    /// <summary>A caller was turned away.</summary>
    public const string AccessDenied = "access_denied";

    /// <summary>A caller acted for another user.</summary>
    public const string AccessDelegated = "access_delegated";

    /// <summary>What is remembered of a user was about to be removed: all of it, or what the payload says.</summary>
    public const string MemoryForgotten = "memory_forgotten";

    /// <summary>A setting that bears on trust changed.</summary>
    public const string Configuration = "configuration";

    /// <summary>Something happened to a key other than a rotation of the log's own.</summary>
    public const string KeyEvent = "key_event";

    /// <summary>The first record of every log.</summary>
    public const string LogCreated = "log_created";

    /// <summary>A writer opened the log: its epoch is the attempt.</summary>
    public const string LogOpened = "log_opened";

    /// <summary>The log goes on under another key; signed by both.</summary>
    public const string KeyRotated = "key_rotated";

    /// <summary>Payload content was erased; the entries themselves stay.</summary>
    public const string PayloadErased = "payload_erased";

    /// <summary>The log's clock went backwards.</summary>
    public const string ClockMovedBack = "clock_moved_back";
}
