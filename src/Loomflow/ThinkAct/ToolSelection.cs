namespace Loomflow;

/// <summary>How tools are selected for a step: one model call that says which tools to call, with what, and how sure it is.</summary>
public sealed record ToolSelection
{
    /// <summary>How sure the model must be of a tool, from 0 to 1. A tool that it is less sure of is not called.</summary>
    public double ConfidenceThreshold
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "ConfidenceThreshold is a number from 0 to 1.");
    } = 0.7;

    /// <summary>The most tools that are called in one step, from 1; the surest ones, in the order in which the model named them.</summary>
    public int MaxToolsPerStep
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxToolsPerStep must be at least 1; use UseTools = false on a step that should call none.");
    } = 3;

    /// <summary>The model that selects; the step's own where not given.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// The question to the model; <see langword="null"/> for the usual one. <c>{task}</c> stands for the prompt, <c>{tools}</c> for the list of tools,
    /// <c>{context}</c> for the results of earlier steps. The form of the answer is added to it.
    /// </summary>
    public string? PromptTemplate
    {
        get;
        init => field = value is null || value.Contains("{tools}", StringComparison.Ordinal) || value.Contains("{task}", StringComparison.Ordinal)
            ? value
            : throw new ArgumentException("A PromptTemplate needs {task} or {tools}, or the model has nothing to choose from.", nameof(value));
    }
}
