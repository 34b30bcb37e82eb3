namespace Loomflow;

/// <summary>What else went wrong in a run beside the exception that it threw.</summary>
public static class RunFailures
{
    internal const string SiblingsKey = "Loomflow.Siblings";
    internal const string RunKey = "Loomflow.Run";

    /// <summary>What became of the run that threw: its status, every visit, usage and timings; <see langword="null"/> where the exception comes from no run.</summary>
    public static WorkflowResult? GetRun(this Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Data[RunKey] as WorkflowResult;
    }

    /// <summary>The failures of steps that ended badly while the first failure was being handled; empty when there were none.</summary>
    public static IReadOnlyList<Failure> GetSiblingFailures(this Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Data[SiblingsKey] as IReadOnlyList<Failure> ?? [];
    }
}
