using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow.ThinkAct;

/// <summary>A step of a class, ready to be run.</summary>
internal sealed class StepDefinition(string name, MethodInfo method, AgentStepAttribute attribute, ToolSelectionSource? selection)
{
    private readonly TaskReader _result = new(method.ReturnType);

    public string Name { get; } = name;

    public MethodInfo Method { get; } = method;

    public AgentStepAttribute Attribute { get; } = attribute;

    public string Description { get; } = attribute.Description ?? "";

    public ToolSelectionSource? Selection { get; } = selection;

    public IReadOnlyList<ParameterInfo> Parameters { get; } = method.GetParameters();

    /// <summary>What the JSON of an answer must be, where a type is given.</summary>
    public OutputSchema? Schema { get; } = attribute.ReturnType is { } type ? OutputSchema.AnyOf(type) : null;

    /// <summary>The type of the step's result.</summary>
    public Type ResultType => !Attribute.SendToModel ? _result.ResultType
        : Attribute.FullResponse ? typeof(ChatResponse)
        : Attribute.ReturnType ?? (Attribute.JsonOutput ? typeof(JsonElement) : typeof(string));

    /// <summary>Calls the method: its prompt, or its own result where it is not sent to a model.</summary>
    public ValueTask<object?> InvokeAsync(StepAgent agent, object?[] arguments) =>
        _result.ReadAsync(Method.Invoke(Method.IsStatic ? null : agent, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null));
}
