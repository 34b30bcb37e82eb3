using System.Collections.Immutable;
using Loomflow.Audit;

namespace Loomflow;

/// <summary>What a caller says about one run. Everything left out is inherited from the run around it, if there is one.</summary>
public sealed record RunOptions
{
    /// <summary>The run's id; a new one is made when it is left out.</summary>
    public string? RunId { get; init; }

    /// <summary>Whose run it is; inherited, else anonymous.</summary>
    public string? UserId { get; init; }

    /// <summary>The conversation; inherited, else a new one.</summary>
    public string? SessionId { get; init; }

    /// <summary>Free text pairs, added to the inherited ones.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The response tone of every agent that has none of its own: a preset's name or free text.</summary>
    public string? ResponseTone { get; init; }

    /// <summary>The memory of every agent that has none of its own.</summary>
    public IMemory? Memory { get; init; }

    /// <summary>The log that the run's entries go to; inherited, else none.</summary>
    public IAuditLog? AuditLog { get; init; }

    /// <summary>Who answers approval requests; inherited, else nobody, which denies them.</summary>
    public IApprovals? Approvals { get; init; }

    /// <summary>Carries out the steps that workers host; inherited, else nobody.</summary>
    public IStepDispatcher? Dispatcher { get; init; }

    /// <summary>How long the run may take; <see langword="null"/> for no limit. Going over it fails the run with kind <see cref="FailureKind.Timeout"/>.</summary>
    public TimeSpan? Timeout
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A run's timeout must be longer than zero; leave it null for no limit.");
    }

    /// <summary>The clock; inherited, else the system's.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Services for steps and tools; inherited, else none.</summary>
    public IServiceProvider? Services { get; init; }

    /// <summary>The handle that controls the run, where it was started with one.</summary>
    internal RunHandle? Attached { get; init; }

    internal static RunOptions Default { get; } = new();
}
