namespace Loomflow;

/// <summary>
/// Marks a method of a <see cref="StepAgent"/> as a step: the method returns the prompt, the agent asks the model, and the answer is the step's
/// result. Derive from it for your own kinds of step:
/// <c>sealed class PlanAttribute(string? name = null) : AgentStepAttribute(new AgentStepKind("plan") { Temperature = 0.5f }, name);</c>
/// </summary>
/// <remarks>Options that contradict each other are compile-time errors, and exceptions when the agent is made.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public abstract class AgentStepAttribute : Attribute
{
    /// <summary>Creates the attribute of a kind of step.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="name">The step's name: letters, digits and <c>_</c>. The method's where not given.</param>
    protected AgentStepAttribute(AgentStepKind kind, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(kind);
        (Kind, Name) = (kind, name);
    }

    /// <summary>The kind of step.</summary>
    public AgentStepKind Kind { get; }

    /// <summary>The step's name, by which later steps can ask for its result.</summary>
    public string? Name { get; }

    /// <summary>What the step is for, in words; models are told it when they select tools for the step.</summary>
    public string? Description { get; set; }

    /// <summary>The model: a name in <see cref="StepAgentOptions.Models"/>, else a model that the agent's own client knows. The agent's where not given.</summary>
    public string? Model { get; set; }

    /// <summary>Whether what the method returns goes to the model. If not, it is itself the step's result.</summary>
    public bool SendToModel { get; set; } = true;

    /// <summary>Whether the pieces of the answer are shown, as they come, to whoever streams the run.</summary>
    public bool Stream { get; set; }

    /// <summary>Whether the answer must be JSON: the result is a <see cref="ReturnType"/>, or a <see cref="System.Text.Json.JsonElement"/> where none is given.</summary>
    public bool JsonOutput { get; set; }

    /// <summary>What the JSON must be. An answer that does not fit is sent back to the model with what was wrong, <see cref="AgentOptions.OutputRetries"/> times.</summary>
    public Type? ReturnType { get; set; }

    /// <summary>Whether the result is the whole <see cref="Microsoft.Extensions.AI.ChatResponse"/> instead of its text.</summary>
    public bool FullResponse { get; set; }

    /// <summary>The temperature, from 0 to 2.</summary>
    public double Temperature { get; set; } = double.NaN;

    /// <summary>The top-p, from 0 to 1.</summary>
    public double TopP { get; set; } = double.NaN;

    /// <summary>The most tokens of the answer, from 1.</summary>
    public int MaxOutputTokens { get => field; set { field = value; HasMaxOutputTokens = true; } }

    /// <summary>Whether tools may be selected for this step. Selecting costs a model call of its own; it is only made where the agent has tools for this kind of step.</summary>
    public bool UseTools { get; set; } = true;

    /// <summary>The name of a property or field of the class that holds the <see cref="Loomflow.ToolSelection"/> for this step; not together with the three below.</summary>
    public string? ToolSelection { get; set; }

    /// <summary>How sure the model must be of a tool, from 0 to 1.</summary>
    public double ToolConfidence { get; set; } = double.NaN;

    /// <summary>The model that selects tools.</summary>
    public string? ToolModel { get; set; }

    /// <summary>The most tools that are called in this step, from 1.</summary>
    public int MaxTools { get => field; set { field = value; HasMaxTools = true; } }

    /// <summary>Whether the step runs at all. If not, later steps are given what it would have been given.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Whether a failure of the step fails the run. If not, the run goes on without its result.</summary>
    public bool Required { get; set; } = true;

    /// <summary>How often a step that failed is tried again, besides what is tried again for each model call.</summary>
    public int Retries { get; set; }

    /// <summary>How long one try of the step may take, in seconds.</summary>
    public double TimeoutSeconds { get; set; } = double.NaN;

    /// <summary>Whether later steps are given the result by position. By name they can always ask for it.</summary>
    public bool PassResult { get; set; } = true;

    internal bool HasMaxTools { get; private set; }

    internal bool HasMaxOutputTokens { get; private set; }
}
