using System.Collections.Concurrent;
using System.Reflection;

namespace Loomflow.ThinkAct;

/// <summary>What a class of steps says, read once and judged by <see cref="StepRules"/>.</summary>
internal sealed class StepAgentDefinition
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private static readonly ConcurrentDictionary<Type, StepAgentDefinition> s_definitions = new();

    private StepAgentDefinition(IReadOnlyList<StepDefinition> steps, MethodInfo? run)
    {
        Steps = steps;
        Run = run;
        RunResult = run is null ? null : new TaskReader(run.ReturnType);
        RunDescription = run?.GetCustomAttribute<RunAttribute>()?.Description;
    }

    /// <summary>In the order in which they run: of base classes first, an override in the place of what it overrides.</summary>
    public IReadOnlyList<StepDefinition> Steps { get; }

    /// <summary>The method that runs the agent instead, if there is one.</summary>
    public MethodInfo? Run { get; }

    public TaskReader? RunResult { get; }

    public string? RunDescription { get; }

    /// <exception cref="StepAgentDefinitionException">The class contradicts itself.</exception>
    public static StepAgentDefinition Of(Type type) => s_definitions.GetOrAdd(type, Read);

    private static StepAgentDefinition Read(Type type)
    {
        List<MethodInfo> steps = [], runs = [];
        foreach (var method in Methods(type))
        {
            if (method.GetCustomAttributes<AgentStepAttribute>().Any()) Put(steps, method);
            if (method.GetCustomAttribute<RunAttribute>() is not null) Put(runs, method);
        }

        var declarations = steps.ConvertAll(method => Declare(type, method));
        var problems = StepRules.Check(type.Name, declarations, runs.ConvertAll(Declare)).ToList();
        if (problems.Count > 0) throw new StepAgentDefinitionException(type.Name, problems.ConvertAll(problem => $"{problem.Message} ({problem.Id})."));

        return new StepAgentDefinition(
            [.. steps.Select((method, i) =>
            {
                var attribute = method.GetCustomAttribute<AgentStepAttribute>()!;
                return new StepDefinition(declarations[i].Name, method, attribute, attribute.ToolSelection is { } name ? ToolSelectionSource.Find(type, name) : null);
            })],
            runs.FirstOrDefault());
    }

    // By metadata token, which is the order of declaration.
    private static IEnumerable<MethodInfo> Methods(Type type)
    {
        var chain = new Stack<Type>();
        for (var one = type; one is not null && one != typeof(StepAgent); one = one.BaseType) chain.Push(one);
        return chain.SelectMany(one => one.GetMethods(Declared).OrderBy(method => method.MetadataToken));
    }

    private static void Put(List<MethodInfo> methods, MethodInfo method)
    {
        var overridden = methods.FindIndex(one => one != method && one.GetBaseDefinition() == method.GetBaseDefinition());
        if (overridden >= 0) methods[overridden] = method;
        else methods.Add(method);
    }

    private static StepDeclaration Declare(Type type, MethodInfo method)
    {
        var attributes = method.GetCustomAttributes<AgentStepAttribute>().ToList();
        var attribute = attributes[0];
        var result = new TaskReader(method.ReturnType);
        var parameters = method.GetParameters();
        return new StepDeclaration(method.Name, attribute.Name ?? method.Name)
        {
            HasEmptyName = attribute.Name is { } name && string.IsNullOrWhiteSpace(name),
            SendToModel = attribute.SendToModel,
            Stream = attribute.Stream,
            JsonOutput = attribute.JsonOutput,
            ReturnType = attribute.ReturnType is { } answer ? TypeText.Of(answer) : null,
            FullResponse = attribute.FullResponse,
            UseTools = attribute.UseTools,
            ToolSelection = attribute.ToolSelection,
            HasToolSelectionMember = attribute.ToolSelection is not { } selection || ToolSelectionSource.Find(type, selection) is not null,
            ToolConfidence = Number(attribute.ToolConfidence),
            ToolModel = attribute.ToolModel,
            MaxTools = attribute.HasMaxTools ? attribute.MaxTools : null,
            Model = attribute.Model,
            Temperature = Number(attribute.Temperature),
            TopP = Number(attribute.TopP),
            MaxOutputTokens = attribute.HasMaxOutputTokens ? attribute.MaxOutputTokens : null,
            Retries = attribute.Retries,
            TimeoutSeconds = Number(attribute.TimeoutSeconds),
            Enabled = attribute.Enabled,
            PassResult = attribute.PassResult,
            Attributes = attributes.Count,
            Returns = TypeText.Of(method.ReturnType),
            ReturnsText = result.ResultType == typeof(string),
            ReturnsNothing = result.IsNothing,
            IsGeneric = method.IsGenericMethodDefinition,
            ByReference = Array.Find(parameters, parameter => parameter.ParameterType.IsByRef)?.Name,
            Positional = [.. parameters.Where(parameter => IsPositional(parameter) && !parameter.HasDefaultValue && !IsParams(parameter)).Select(parameter => parameter.Name!)],
            FromSteps = [.. parameters.Select(parameter => parameter.GetCustomAttribute<FromStepAttribute>()?.Step).OfType<string>()],
        };
    }

    private static RunDeclaration Declare(MethodInfo method) => new(method.Name)
    {
        IsStep = method.GetCustomAttributes<AgentStepAttribute>().Any(),
        Returns = TypeText.Of(method.ReturnType),
        ReturnsValue = !new TaskReader(method.ReturnType).IsNothing,
        IsGeneric = method.IsGenericMethodDefinition,
        UnknownParameter = Array.Find(method.GetParameters(), parameter =>
            parameter.ParameterType != typeof(string) && !IsContext(parameter.ParameterType) && !parameter.HasDefaultValue)?.Name,
    };

    internal static bool IsPositional(ParameterInfo parameter) =>
        !IsContext(parameter.ParameterType) && parameter.GetCustomAttribute<FromStepAttribute>() is null;

    private static bool IsContext(Type type) => type == typeof(CancellationToken) || type == typeof(StepContext);

    private static bool IsParams(ParameterInfo parameter) => parameter.IsDefined(typeof(ParamArrayAttribute), inherit: false);

    private static double? Number(double value) => double.IsNaN(value) ? null : value;
}
