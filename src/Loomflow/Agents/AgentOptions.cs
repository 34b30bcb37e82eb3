using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Everything about an agent besides its instructions and its model. Immutable; every default is safe to run with.</summary>
public sealed record AgentOptions
{
    /// <summary>The name in workflows, traces and audit entries.</summary>
    public string Name { get; init => field = NotBlank(value, nameof(Name)); } = "agent";

    /// <summary>What the agent is for, as other agents see it when it is one of their tools.</summary>
    public string? Description { get; init; }

    /// <summary>What the model may call: <see cref="Tool"/>s, other <see cref="AIFunction"/>s, workflows and agents as tools. What is not a function is handed to the model as it is.</summary>
    public IReadOnlyList<AITool> Tools { get; init; } = [];

    /// <summary>Where more tools come from, for example servers of the Model Context Protocol. Asked at the start of every run.</summary>
    public IReadOnlyList<IToolSource> ToolSources { get; init; } = [];

    /// <summary>How many times the model may answer in one run, from 1.</summary>
    public int MaxTurns { get; init => field = AtLeast(value, 1, nameof(MaxTurns)); } = 50;

    /// <summary>How long a run may take; <see langword="null"/> for no limit. Going over it throws <see cref="TimeoutException"/>.</summary>
    public TimeSpan? Timeout { get; init => field = value is null ? null : Positive(value.Value, nameof(Timeout)); }

    /// <summary>The tone of answers: a preset of <see cref="ResponseTones"/> or free text. Stronger than a workflow's, weaker than a call's.</summary>
    public string? ResponseTone { get; init; }

    /// <summary>The agent's own memory; the run's when left out.</summary>
    public IMemory? Memory { get; init; }

    /// <summary>How much of memory goes into the conversation.</summary>
    public MemoryInjectionOptions Recall { get; init; } = new();

    /// <summary>Whether tool calls with their arguments and results are kept in memory along with prompts and answers.</summary>
    public bool RememberToolCalls { get; init; }

    /// <summary>Temperature, length and the like for every model call. Tools, instructions and response format in it are not used.</summary>
    public ChatOptions? Sampling { get; init; }

    /// <summary>When and how often a model call that failed for a passing reason is made again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Models to turn to, in order, when the agent's own model does not answer.</summary>
    public IReadOnlyList<IChatClient> Fallbacks { get; init; } = [];

    /// <summary>How long one attempt of a model call may take.</summary>
    public TimeSpan ModelTimeout { get; init => field = Positive(value, nameof(ModelTimeout)); } = TimeSpan.FromMinutes(10);

    /// <summary>How many model calls each user may begin; <see langword="null"/> for no limit.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Who counts for <see cref="RateLimit"/>; among the run's services when left out.</summary>
    public IRateLimiter? RateLimiter { get; init; }

    /// <summary>Whether a call over the rate fails with <see cref="RateLimitedException"/> instead of waiting.</summary>
    public bool RejectOverRate { get; init; }

    /// <summary>What one run may consume; <see langword="null"/> for no limit.</summary>
    public Budget? Budget { get; init; }

    /// <summary>What each user may consume in a window of time; <see langword="null"/> for no limit of this agent's own.</summary>
    public UserBudget? UserBudget { get; init; }

    /// <summary>Who counts for <see cref="UserBudget"/>; among the run's services when left out.</summary>
    public IBudgetLedger? BudgetLedger { get; init; }

    /// <summary>
    /// How many tokens a model call is expected to produce: so many are reserved of the user's budget before the call, where
    /// <see cref="Sampling"/> does not limit them (<see cref="ChatOptions.MaxOutputTokens"/>). 256.
    /// </summary>
    public int ExpectedOutputTokens { get; init => field = AtLeast(value, 0, nameof(ExpectedOutputTokens)); } = 256;

    /// <summary>What models cost.</summary>
    public ModelPrices Prices { get; init; } = ModelPrices.Default;

    /// <summary>How long one tool call may take; the model is then told that it timed out.</summary>
    public TimeSpan ToolTimeout { get; init => field = Positive(value, nameof(ToolTimeout)); } = TimeSpan.FromSeconds(120);

    /// <summary>How many tool calls of one turn may be under way at the same time, from 1.</summary>
    public int MaxParallelTools { get; init => field = AtLeast(value, 1, nameof(MaxParallelTools)); } = 8;

    /// <summary>Characters of a tool's result that the model is shown, from 1.</summary>
    public int MaxToolResultLength { get; init => field = AtLeast(value, 1, nameof(MaxToolResultLength)); } = 50_000;

    /// <summary>
    /// Whether the model is shown what tools return as untrusted text: between <c>&lt;untrusted_tool_output&gt;</c> and <c>&lt;/untrusted_tool_output&gt;</c>, with such
    /// marks inside taken out, and with a warning where it reads like instructions. What is kept and recorded stays as the tool gave it. Left out, it is as
    /// the host says (<see cref="AgentDefaults"/>), and without one it is not done.
    /// </summary>
    public bool? FrameToolOutput { get; init; }

    /// <summary>Which tools may be used.</summary>
    public ToolPermissions Permissions { get; init; } = ToolPermissions.Default;

    /// <summary>What sees every tool call before and after it is made.</summary>
    public IReadOnlyList<IToolHook> Hooks { get; init; } = [];

    /// <summary>How long one hook may take; a slower one has denied the call.</summary>
    public TimeSpan HookTimeout { get; init => field = Positive(value, nameof(HookTimeout)); } = TimeSpan.FromSeconds(5);

    /// <summary>Who is asked for consent to tool calls; the run's when left out. Where there is nobody, such calls are denied.</summary>
    public IApprovals? Approvals { get; init; }

    /// <summary>How long to wait for consent before the call is denied; <see langword="null"/> to wait for good.</summary>
    public TimeSpan? ApprovalTimeout { get; init => field = value is null ? null : Positive(value.Value, nameof(ApprovalTimeout)); }

    /// <summary>What looks at inputs, outputs and tool results, in order.</summary>
    public IReadOnlyList<IGuardrail> Guardrails { get; init; } = [];

    /// <summary>What a finished answer must look like; free text when left out.</summary>
    public OutputSchema? Output { get; init; }

    /// <summary>How often the model is told what was wrong with an answer that does not fit <see cref="Output"/>.</summary>
    public int OutputRetries { get; init => field = AtLeast(value, 0, nameof(OutputRetries)); } = 1;

    /// <summary>When and how old turns are replaced by a summary; <see langword="null"/> for never.</summary>
    public Compaction? Compaction { get; init; }

    /// <summary>Looks at a finished answer and sends the agent back to work by giving it a message. The first that gives one counts.</summary>
    public IReadOnlyList<StopHook> StopHooks { get; init; } = [];

    /// <summary>How often stop hooks may send the agent back to work; 0 turns them off.</summary>
    public int MaxStopHookIterations { get; init => field = AtLeast(value, 0, nameof(MaxStopHookIterations)); } = 15;

    /// <summary>Whether, as a workflow's step, the agent gives what there is when a limit stopped it. Otherwise the step fails with <see cref="AgentStoppedException"/>.</summary>
    public bool PassPartialOutput { get; init; }

    internal static AgentOptions Default { get; } = new();

    private static int AtLeast(int value, int least, string name) =>
        value >= least ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least {least}.");

    private static TimeSpan Positive(TimeSpan value, string name) =>
        value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be longer than zero.");

    private static string NotBlank(string value, string name) =>
        string.IsNullOrWhiteSpace(value) ? throw new ArgumentException($"{name} cannot be empty.", name) : value;
}
