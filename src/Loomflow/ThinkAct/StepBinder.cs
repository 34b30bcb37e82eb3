using System.Reflection;

namespace Loomflow.ThinkAct;

/// <summary>
/// Fills the parameters of steps: by position with the results of earlier steps, the latest first, and then the input; by name; with the
/// context; with what the caller gave.
/// </summary>
internal sealed class StepBinder(StepContext context)
{
    private readonly Lock _lock = new();
    private readonly List<object?> _passed = [];

    /// <summary>The latest result that was passed on, or the input.</summary>
    public object? Latest
    {
        get { lock (_lock) return _passed.Count > 0 ? _passed[^1] : context.Input; }
    }

    public void Add(StepDefinition step, object? result)
    {
        context.Set(step.Name, result);
        if (!step.Attribute.PassResult) return;
        lock (_lock) _passed.Add(result);
    }

    /// <summary>The arguments of a step. Those for cancellation tokens are put in when the step is called.</summary>
    public object?[] Bind(StepDefinition step, object?[] given)
    {
        var positional = step.Parameters.Count(StepAgentDefinition.IsPositional);
        if (given.Length > positional)
        {
            throw new ArgumentException($"Step '{step.Name}' takes {positional} values, and was given {given.Length}: remove those that are too many.");
        }

        var values = Values();
        var (next, nextValue) = (0, 0);
        return [.. step.Parameters.Select(parameter =>
        {
            if (parameter.ParameterType == typeof(CancellationToken)) return null;
            if (parameter.ParameterType == typeof(StepContext)) return context;
            if (parameter.GetCustomAttribute<FromStepAttribute>() is { } from)
                return context.Results.TryGetValue(from.Step, out var result) ? Fit(step, parameter, result) : Missing(step, parameter, $"step '{from.Step}' has no result");

            // What has a default is an option and takes no result's place.
            var isOption = HasDefault(parameter, out var usual);
            var value = isOption ? -1 : nextValue++;
            if (next++ is var position && position < given.Length) return Fit(step, parameter, given[position]);
            if (isOption) return usual;
            return value < values.Count ? Fit(step, parameter, values[value]) : Missing(step, parameter, $"there are only {values.Count} values");
        })];
    }

    /// <summary>The arguments of a <c>[Run]</c> method.</summary>
    public object?[] BindRun(MethodInfo run, CancellationToken cancellationToken) => [.. run.GetParameters().Select(parameter =>
        parameter.ParameterType == typeof(string) ? context.Input
        : parameter.ParameterType == typeof(StepContext) ? context
        : parameter.ParameterType == typeof(CancellationToken) ? cancellationToken
        : parameter.DefaultValue)];

    private List<object?> Values()
    {
        lock (_lock)
        {
            List<object?> values = [.. Enumerable.Reverse(_passed)];
            values.Add(context.Input);
            return values;
        }
    }

    private static object? Fit(StepDefinition step, ParameterInfo parameter, object? value)
    {
        try
        {
            return StepValue.Convert(value, parameter.ParameterType);
        }
        catch (PayloadException mismatch)
        {
            throw new PayloadException($"Step '{step.Name}' cannot be given '{parameter.Name}': {mismatch.Message} Take it as a string, or give the answer of the step before a type.", mismatch);
        }
    }

    private static bool HasDefault(ParameterInfo parameter, out object? value)
    {
        var isParams = parameter.IsDefined(typeof(ParamArrayAttribute), inherit: false);
        value = parameter.HasDefaultValue ? parameter.DefaultValue : isParams ? Array.CreateInstance(parameter.ParameterType.GetElementType()!, 0) : null;
        return isParams || parameter.HasDefaultValue;
    }

    // What a step that is not required, or that was not called, has not given.
    private static object? Missing(StepDefinition step, ParameterInfo parameter, string why) =>
        HasDefault(parameter, out var value) ? value
        : new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.Nullable ? null
        : throw new InvalidOperationException($"Step '{step.Name}' cannot be given '{parameter.Name}', because {why}: make the parameter nullable or give it a default, or let the steps before it be required.");
}
