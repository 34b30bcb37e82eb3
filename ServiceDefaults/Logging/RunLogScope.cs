namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>Says of everything that is logged within it which run, and which step of it, it is about. The trace is there already: logging adds it.</summary>
public sealed class RunLogScope : LogScope
{
    /// <summary>The scope of a run.</summary>
    public RunLogScope(string runId) : base(new KeyValuePair<string, object?>("RunId", runId))
    {
    }

    /// <summary>The scope of an attempt of a step.</summary>
    public RunLogScope(string runId, string step, int visit, int attempt)
        : base(new("RunId", runId), new("Step", step), new("Visit", visit), new("Attempt", attempt))
    {
    }
}
