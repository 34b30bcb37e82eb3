namespace Loomflow.ThinkAct;

/// <summary>What a class says about its own way to run.</summary>
internal sealed record RunDeclaration(string Method)
{
    /// <summary>Whether it is also marked as a step.</summary>
    public bool IsStep { get; init; }

    public string Returns { get; init; } = "";

    /// <summary>Whether it gives a value, or a task of one.</summary>
    public bool ReturnsValue { get; init; } = true;

    public bool IsGeneric { get; init; }

    /// <summary>A parameter that is neither text nor a context nor a cancellation token.</summary>
    public string? UnknownParameter { get; init; }
}
