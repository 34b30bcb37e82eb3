namespace Loomflow;

/// <summary>An exception that says itself what kind of failure it is.</summary>
public interface IHasFailureKind
{
    /// <summary>The kind under which the failure is journaled.</summary>
    FailureKind Kind { get; }
}
