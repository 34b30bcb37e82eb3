namespace Loomflow.ThinkAct;

/// <summary>
/// What a class says about one of its steps. Read from symbols by the analyzer and by reflection when an agent is made, and judged by
/// the same <see cref="StepRules"/> in both places.
/// </summary>
internal sealed record StepDeclaration(string Method, string Name)
{
    public bool HasEmptyName { get; init; }
    public bool SendToModel { get; init; } = true;
    public bool Stream { get; init; }
    public bool JsonOutput { get; init; }
    public string? ReturnType { get; init; }
    public bool FullResponse { get; init; }
    public bool UseTools { get; init; } = true;
    public string? ToolSelection { get; init; }
    public double? ToolConfidence { get; init; }
    public string? ToolModel { get; init; }
    public int? MaxTools { get; init; }
    public string? Model { get; init; }
    public double? Temperature { get; init; }
    public double? TopP { get; init; }
    public int? MaxOutputTokens { get; init; }
    public int Retries { get; init; }
    public double? TimeoutSeconds { get; init; }
    public bool Enabled { get; init; } = true;
    public bool PassResult { get; init; } = true;

    /// <summary>How many step attributes the method has.</summary>
    public int Attributes { get; init; } = 1;

    /// <summary>The method's return type, for messages.</summary>
    public string Returns { get; init; } = "string";

    /// <summary>Whether the method gives text: a string, or a task of one.</summary>
    public bool ReturnsText { get; init; } = true;

    /// <summary>Whether the method gives nothing at all.</summary>
    public bool ReturnsNothing { get; init; }

    public bool IsGeneric { get; init; }

    /// <summary>A parameter that is passed by reference.</summary>
    public string? ByReference { get; init; }

    /// <summary>Parameters that are filled by position and have no default.</summary>
    public IReadOnlyList<string> Positional { get; init; } = [];

    /// <summary>The steps that parameters ask for by name.</summary>
    public IReadOnlyList<string> FromSteps { get; init; } = [];

    /// <summary>Whether the class has a member that gives a selection of the name in <see cref="ToolSelection"/>.</summary>
    public bool HasToolSelectionMember { get; init; } = true;
}
