using System.Runtime.CompilerServices;

namespace Loomflow;

/// <summary>A chain being put together, one step after the other. Each <c>Then</c> gives a new chain.</summary>
/// <typeparam name="TIn">What the chain takes.</typeparam>
/// <typeparam name="TOut">What the last step so far gives.</typeparam>
public sealed class WorkflowChain<TIn, TOut>
{
    private readonly string _name;
    private readonly IReadOnlyList<Step> _steps;

    internal WorkflowChain(string name, IReadOnlyList<Step> steps) => (_name, _steps) = (name, steps);

    /// <summary>Adds a step: a function's step, an agent, another workflow, a wait.</summary>
    public WorkflowChain<TIn, TNext> Then<TNext>(Step<TOut, TNext> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return Add<TNext>(step);
    }

    /// <summary>Adds a function as a step.</summary>
    [OverloadResolutionPriority(2)]
    public WorkflowChain<TIn, TNext> Then<TNext>(Func<TOut, Task<TNext>> function, string? name = null) => Add<TNext>(Step.Of(function, name));

    /// <inheritdoc cref="Then{TNext}(Func{TOut,Task{TNext}},string)"/>
    [OverloadResolutionPriority(1)]
    public WorkflowChain<TIn, TNext> Then<TNext>(Func<TOut, ValueTask<TNext>> function, string? name = null) => Add<TNext>(Step.Of(function, name));

    /// <inheritdoc cref="Then{TNext}(Func{TOut,Task{TNext}},string)"/>
    [OverloadResolutionPriority(1)]
    public WorkflowChain<TIn, TNext> Then<TNext>(Func<TOut, CancellationToken, Task<TNext>> function, string? name = null) => Add<TNext>(Step.Of(function, name));

    /// <summary>Adds a synchronous function as a step; it runs on a thread of the pool.</summary>
    public WorkflowChain<TIn, TNext> Then<TNext>(Func<TOut, TNext> function, string? name = null) => Add<TNext>(Step.Of(function, name));

    /// <summary>The finished workflow.</summary>
    /// <exception cref="WorkflowDefinitionException">The chain has no steps, or more than its caps allow.</exception>
    public Workflow<TIn, TOut> Build(WorkflowOptions? options = null) => Workflow.Linear<TIn, TOut>(_name, options, _steps);

    private WorkflowChain<TIn, TNext> Add<TNext>(Step step) => new(_name, [.. _steps, step]);
}
