using System.Diagnostics;

namespace Loomflow;

/// <summary>One visit of a run to one node: what came in, what went out, when, and after how many attempts.</summary>
public sealed class NodeVisit
{
    internal NodeVisit(Node node, string path, int visit, Payload input, DateTimeOffset startedAt)
    {
        Definition = node;
        Path = path;
        Visit = visit;
        Input = input;
        StartedAt = startedAt;
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
    public Failure? Failure { get; internal set; }

    /// <summary>What the step consumed, nested runs included.</summary>
    public Usage Usage { get; internal set; } = Usage.None;

    /// <summary>When the first attempt began.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>When the visit ended; <see langword="null"/> until then.</summary>
    public DateTimeOffset? EndedAt { get; internal set; }

    /// <summary>How long the visit took, pauses between attempts included; zero until it has ended.</summary>
    public TimeSpan Duration => EndedAt is { } ended ? ended - StartedAt : TimeSpan.Zero;

    internal Node Definition { get; }

    internal VisitPhase Phase { get; set; } = VisitPhase.Working;

    /// <summary>When the next attempt begins, or the delay is over.</summary>
    internal DateTimeOffset? Due { get; set; }

    /// <summary>The nested workflow under way, or ended.</summary>
    internal Frame? Nested { get; set; }

    /// <summary>The answer to the question that an approval node asked.</summary>
    internal ApprovalDecision? Decision { get; set; }

    /// <summary>Whether the question was asked, or the timer has fired.</summary>
    internal bool Asked { get; set; }

    /// <summary>Why what was delivered cannot be the step's input.</summary>
    internal Failure? InputFailure { get; set; }

    /// <summary>The question that an approval node asked.</summary>
    internal string? ApprovalId { get; set; }

    internal DateTimeOffset AttemptStartedAt { get; set; }

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
    internal int LimitedAttempt { get; set; }

    /// <summary>Whether the code of the step or of its router has begun here and not ended. Belongs to the engine, like <see cref="Span"/>.</summary>
    internal bool CodeUnderWay { get; set; }

    /// <summary>The span of the visit. Belongs to the engine that works on it, not to the fold.</summary>
    internal Activity? Span { get; set; }

    internal Frame Frame { get; set; } = null!;

    /// <summary>The path of the frame of a workflow nested here; another one for each visit and attempt.</summary>
    internal string NestedPath => (Visit, Attempts) switch
    {
        (1, 1) => Path,
        (_, 1) => $"{Path}#{Visit}",
        _ => $"{Path}#{Visit}~{Attempts}",
    };
}
