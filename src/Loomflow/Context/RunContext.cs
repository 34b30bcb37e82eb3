using Loomflow.Audit;

namespace Loomflow;

/// <summary>
/// The ambient context of a run: identity and everything that nested agents and workflows inherit. Visible through
/// <see cref="Current"/> in every step, tool and thread that works for the run, and nowhere else.
/// </summary>
public sealed record RunContext
{
    /// <summary>The context of the run that the calling code works for, or <see langword="null"/> outside any run.</summary>
    public static RunContext? Current => StepScope.Current?.Context;

    /// <summary>Who and what the run is.</summary>
    public required RunIdentity Run { get; init; }

    /// <summary>The run's id.</summary>
    public string RunId => Run.RunId;

    /// <summary>The user, or <see langword="null"/> for an anonymous run.</summary>
    public string? UserId => Run.Partition.UserId;

    /// <summary>The conversation.</summary>
    public string SessionId => Run.SessionId;

    /// <summary>Free text pairs from the caller.</summary>
    public IReadOnlyDictionary<string, string> Metadata => Run.Metadata;

    /// <summary>Where the run's events go: the stream, the journal, the audit log.</summary>
    public required IRunEventWriter Events { get; init; }

    /// <summary>Counts tokens and cost, and passes them on to the runs around this one.</summary>
    public UsageMeter Usage { get; init; } = new();

    /// <summary>The memory that agents without one of their own share, or <see langword="null"/>.</summary>
    public IMemory? Memory { get; init; }

    /// <summary>The response tone that agents without one of their own take, or <see langword="null"/>.</summary>
    public string? ResponseTone { get; init; }

    /// <summary>The audit log that nested runs inherit; <see langword="null"/> where events are audited elsewhere, or not at all.</summary>
    public IAuditLog? AuditLog { get; init; }

    /// <summary>Answers to approval requests, or <see langword="null"/> where nobody can answer (requests are then denied).</summary>
    public IApprovals? Approvals { get; init; }

    /// <summary>Carries out the steps that workers host, or <see langword="null"/> where there are no workers.</summary>
    public IStepDispatcher? Dispatcher { get; init; }

    /// <summary>What is known of the run from before: completed work that must not be done again.</summary>
    public IRunHistory? History { get; init; }

    /// <summary>
    /// Cancelled, before the tokens of its steps are, when this host merely lets go of the run: work for it that goes on elsewhere is
    /// then left to the run's next owner instead of being cancelled.
    /// </summary>
    public CancellationToken Released { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The host's services, or <see langword="null"/> in a plain program.</summary>
    public IServiceProvider? Services { get; init; }
}
