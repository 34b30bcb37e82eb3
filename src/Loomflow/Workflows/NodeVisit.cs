using System.Diagnostics;

namespace Loomflow;

/// <summary>One visit of a run to one node: what came in, what went out, when, and after how many attempts.</summary>
public sealed class NodeVisit
{
    // A long run keeps one of these for every step, so what few visits need is apart, and times are ticks.
    private readonly long _startedTicks;
    private long _endedTicks;
    private VisitExtras? _extras;

    internal NodeVisit(Node node, string path, int visit, Payload input, DateTimeOffset startedAt)
    {
        Definition = node;
        Path = path;
        Visit = visit;
        Input = input;
        _startedTicks = startedAt.UtcTicks;
    }

    /// <summary>The node's name.</summary>
    public string Node => Definition.Name;

    /// <summary>The node's place in the run; longer than the name for nodes of nested workflows.</summary>
    public string Path { get; }

    /// <summary>How often the run had come here, from 1.</summary>
    public int Visit { get; }

    /// <summary>How many attempts it took, from 1.</summary>
    public int Attempts { get; internal set; } = 1;

    /// <summary>How the visit ended, or where it stands.</summary>
    public RunStatus Status { get; internal set; } = RunStatus.Running;

    /// <summary>What the step was given.</summary>
    public Payload Input { get; }

    /// <summary>What the step gave.</summary>
    public Payload Output { get; internal set; }

    /// <summary>What was wrong with the last attempt that failed.</summary>
    public Failure? Failure
    {
        get => _extras?.Failure;
        internal set => Extras.Failure = value;
    }

    /// <summary>What the step consumed, nested runs included.</summary>
    public Usage Usage
    {
        get => _extras?.Usage ?? Usage.None;
        internal set
        {
            if (value != Usage.None) Extras.Usage = value;
        }
    }

    /// <summary>When the first attempt began.</summary>
    public DateTimeOffset StartedAt => new(_startedTicks, TimeSpan.Zero);

    /// <summary>When the visit ended; <see langword="null"/> until then.</summary>
    public DateTimeOffset? EndedAt
    {
        get => _endedTicks == 0 ? null : new DateTimeOffset(_endedTicks, TimeSpan.Zero);
        internal set => _endedTicks = value?.UtcTicks ?? 0;
    }

    /// <summary>How long the visit took, pauses between attempts included; zero until it has ended.</summary>
    public TimeSpan Duration => EndedAt is { } ended ? ended - StartedAt : TimeSpan.Zero;

    internal Node Definition { get; }

    internal VisitPhase Phase { get; set; } = VisitPhase.Working;

    /// <summary>When the next attempt begins, or the delay is over.</summary>
    internal DateTimeOffset? Due
    {
        get => _extras?.Due;
        set => Extras.Due = value;
    }

    /// <summary>The nested workflow under way, or ended.</summary>
    internal Frame? Nested
    {
        get => _extras?.Nested;
        set => Extras.Nested = value;
    }

    /// <summary>The answer to the question that an approval node asked.</summary>
    internal ApprovalDecision? Decision
    {
        get => _extras?.Decision;
        set => Extras.Decision = value;
    }

    /// <summary>Whether the question was asked, or the timer has fired.</summary>
    internal bool Asked
    {
        get => _extras?.Asked ?? false;
        set => Extras.Asked = value;
    }

    /// <summary>Why what was delivered cannot be the step's input.</summary>
    internal Failure? InputFailure
    {
        get => _extras?.InputFailure;
        set
        {
            if (value != InputFailure) Extras.InputFailure = value;
        }
    }

    /// <summary>The question that an approval node asked.</summary>
    internal string? ApprovalId
    {
        get => _extras?.ApprovalId;
        set => Extras.ApprovalId = value;
    }

    internal DateTimeOffset AttemptStartedAt
    {
        get => _extras?.AttemptStartedAt ?? StartedAt;
        set => Extras.AttemptStartedAt = value;
    }

    /// <summary>When the time for a wait or a nested workflow is over, by the node's policy; code is watched where it runs.</summary>
    internal DateTimeOffset? Limit
    {
        get
        {
            var step = Definition.Step;
            if (step.Kind is StepKind.Code or StepKind.Remote) return null;
            var ofAttempt = AttemptStartedAt + (step.Policy.AttemptTimeout ?? (step as IWorkflow)?.Options.Timeout);
            var ofVisit = StartedAt + step.Policy.Timeout;
            return ofAttempt is null || ofVisit < ofAttempt ? ofVisit : ofAttempt;
        }
    }

    /// <summary>Which attempt the engine has a timer for. Not part of the fold.</summary>
    internal int LimitedAttempt
    {
        get => _extras?.LimitedAttempt ?? 0;
        set
        {
            if (value != LimitedAttempt) Extras.LimitedAttempt = value;
        }
    }

    /// <summary>Whether the code of the step or of its router has begun here and not ended. Belongs to the engine, like <see cref="Span"/>.</summary>
    internal bool CodeUnderWay { get; set; }

    /// <summary>The span of the visit. Belongs to the engine that works on it, not to the fold.</summary>
    internal Activity? Span
    {
        get => _extras?.Span;
        set => Extras.Span = value;
    }

    internal Frame Frame { get; set; } = null!;

    /// <summary>The path of the frame of a workflow nested here; another one for each visit and attempt.</summary>
    internal string NestedPath => (Visit, Attempts) switch
    {
        (1, 1) => Path,
        (_, 1) => $"{Path}#{Visit}",
        _ => $"{Path}#{Visit}~{Attempts}",
    };

    private VisitExtras Extras => _extras ??= new VisitExtras();

    private sealed class VisitExtras
    {
        public Failure? Failure { get; set; }

        public Usage? Usage { get; set; }

        public DateTimeOffset? Due { get; set; }

        public Frame? Nested { get; set; }

        public ApprovalDecision? Decision { get; set; }

        public bool Asked { get; set; }

        public Failure? InputFailure { get; set; }

        public string? ApprovalId { get; set; }

        public DateTimeOffset? AttemptStartedAt { get; set; }

        public int LimitedAttempt { get; set; }

        public Activity? Span { get; set; }
    }
}
