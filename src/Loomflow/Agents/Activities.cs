namespace Loomflow;

/// <summary>The names of what <see cref="AgentProgressed"/> reports.</summary>
public static class Activities
{
    /// <summary>A model call failed for a passing reason and is made again.</summary>
    public const string ModelRetrying = "model_retrying";

    /// <summary>A model did not answer and the next one is asked.</summary>
    public const string ModelFallback = "model_fallback";

    /// <summary>Old turns were replaced by a summary.</summary>
    public const string Compacted = "context_compacted";

    /// <summary>The summary could not be written; the conversation stays as it is.</summary>
    public const string CompactionFailed = "context_compaction_failed";

    /// <summary>A message was put into the running conversation.</summary>
    public const string Steered = "steering_injected";

    /// <summary>A stop hook sent the agent back to work.</summary>
    public const string StopHook = "stop_hook_fired";

    /// <summary>An answer did not fit its schema and the model was told why.</summary>
    public const string OutputRepair = "output_repair";

    /// <summary>A tool's result was longer than the model is shown.</summary>
    public const string ToolResultTruncated = "tool_result_truncated";

    /// <summary>A hook failed after a tool call.</summary>
    public const string HookFailed = "hook_failed";

    /// <summary>Memory could not be read or written; the agent goes on without.</summary>
    public const string MemoryUnavailable = "memory_unavailable";
}

/// <summary>What a compaction did: enough to do it again when the run is resumed.</summary>
internal sealed record CompactionRecord(int Messages, string Summary);
