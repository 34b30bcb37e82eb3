namespace Loomflow;

/// <summary>A step failed in another process: carries what that process reported.</summary>
public sealed class StepFailedException : Exception, IHasFailureKind
{
    /// <summary>Creates the exception.</summary>
    public StepFailedException(Failure failure) : base(failure?.Message)
    {
        ArgumentNullException.ThrowIfNull(failure);
        Failure = failure;
    }

    /// <summary>What was reported.</summary>
    public Failure Failure { get; }

    /// <inheritdoc />
    public FailureKind Kind => Failure.Kind;
}
