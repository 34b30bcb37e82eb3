using System.Runtime.CompilerServices;

namespace Loomflow;

/// <summary>
/// Something a workflow can have as a node: a function, an agent, another workflow, a wait. Agents and workflows are steps
/// themselves, so composition is one concept in both directions.
/// </summary>
public abstract class Step
{
    private protected Step(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>The name in graphs, traces and audit entries.</summary>
    public string Name { get; private protected set; }

    /// <summary>The type that the step takes.</summary>
    public abstract Type InputType { get; }

    /// <summary>The type that the step gives.</summary>
    public abstract Type OutputType { get; }

    /// <summary>Retries, time limits and what a failure means.</summary>
    public StepPolicy Policy { get; private set; } = StepPolicy.Default;

    internal virtual StepKind Kind => StepKind.Code;

    /// <summary>Whether any value is accepted: it is handed over as text (a string as it is, all else as JSON).</summary>
    internal virtual bool AcceptsText => false;

    /// <summary>Whether everything delivered becomes a list, however little it is.</summary>
    internal virtual bool Gathers => false;

    /// <summary>Carries the step out. The calling code's <see cref="StepScope"/> is the step's.</summary>
    internal abstract ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken);

    /// <summary>A step around a method or lambda. The name is that of the method's <see cref="StepAttribute"/>, or the method's own, unless given.</summary>
    [OverloadResolutionPriority(2)]
    public static Step<TIn, TOut> Of<TIn, TOut>(Func<TIn, Task<TOut>> function, string? name = null) =>
        new FunctionStep<TIn, TOut>(NameOf(function, name), (input, _) => new ValueTask<TOut>(function(input)), function);

    /// <inheritdoc cref="Of{TIn,TOut}(Func{TIn,Task{TOut}},string)"/>
    [OverloadResolutionPriority(1)]
    public static Step<TIn, TOut> Of<TIn, TOut>(Func<TIn, ValueTask<TOut>> function, string? name = null) =>
        new FunctionStep<TIn, TOut>(NameOf(function, name), (input, _) => function(input), function);

    /// <inheritdoc cref="Of{TIn,TOut}(Func{TIn,Task{TOut}},string)"/>
    [OverloadResolutionPriority(2)]
    public static Step<TIn, TOut> Of<TIn, TOut>(Func<TIn, CancellationToken, Task<TOut>> function, string? name = null) =>
        new FunctionStep<TIn, TOut>(NameOf(function, name), (input, cancellationToken) => new ValueTask<TOut>(function(input, cancellationToken)), function);

    /// <summary>A step around a synchronous method or lambda; it runs on a thread of the pool, never on the engine's.</summary>
    public static Step<TIn, TOut> Of<TIn, TOut>(Func<TIn, TOut> function, string? name = null) =>
        new FunctionStep<TIn, TOut>(
            NameOf(function, name),
            (input, cancellationToken) => new ValueTask<TOut>(Task.Run(() => function(input), cancellationToken)),
            function);

    /// <summary>The step that workers host under <paramref name="name"/>. Works inside runs that have workers.</summary>
    public static Step<TIn, TOut> Remote<TIn, TOut>(string name) => new RemoteStep<TIn, TOut>(name, name);

    /// <summary>One run of <paramref name="element"/> for each element of a list; the results in the list's order.</summary>
    /// <param name="name">The step's name.</param>
    /// <param name="element">What is done with each element.</param>
    /// <param name="maxConcurrency">How many elements are worked on at the same time, from 1.</param>
    public static Step<IReadOnlyList<TIn>, IReadOnlyList<TOut>> Map<TIn, TOut>(string name, Step<TIn, TOut> element, int maxConcurrency = 8)
    {
        ArgumentNullException.ThrowIfNull(element);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        if (element.Policy.OnFailure is FailurePolicy.Go) throw new ArgumentException($"Step '{element.Name}' goes to a node when it fails, but elements of '{name}' have no other nodes to go to: let it continue with a value, or fail.", nameof(element));
        return new MapStep<TIn, TOut>(name, element, maxConcurrency);
    }

    internal Step With(Func<StepPolicy, StepPolicy> change)
    {
        var copy = (Step)MemberwiseClone();
        copy.Policy = change(Policy).Validated(Name);
        return copy;
    }

    internal Step Renamed(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var copy = (Step)MemberwiseClone();
        copy.Name = name;
        return copy;
    }

    internal static string NameOf(Delegate function, string? name)
    {
        ArgumentNullException.ThrowIfNull(function);
        if ((name ?? InlineStep.NameFromAttribute(function.Method)) is { } given) return given;

        // The compiler names lambdas <Outer>b__0_1 and local functions <Outer>g__Name|0_1.
        var method = function.Method.Name;
        if (!method.Contains('<', StringComparison.Ordinal)) return method;
        var local = method.IndexOf(">g__", StringComparison.Ordinal);
        return local < 0 ? "lambda" : method[(local + 4)..method.LastIndexOf('|')];
    }
}
