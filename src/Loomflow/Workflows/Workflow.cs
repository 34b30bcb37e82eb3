namespace Loomflow;

/// <summary>Builds workflows of the common shapes. For everything else there is <see cref="WorkflowBuilder"/>.</summary>
public static class Workflow
{
    /// <summary>The start of every graph, as the source of an edge.</summary>
    public const string START = "START";

    /// <summary>The end of every graph, as the target of an edge.</summary>
    public const string END = "END";

    /// <summary>
    /// Begins a chain that takes a <typeparamref name="TIn"/>: each step is given what the one before gave. Steps whose types do not fit do not
    /// compile. <c>Workflow.Chain&lt;string&gt;("refund_flow").Then(Validate).Then(Authorize).Then(Execute).Build()</c>
    /// </summary>
    public static WorkflowChain<TIn, TIn> Chain<TIn>(string name) => new(name, []);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T1> Chain<T0, T1>(string name, Step<T0, T1> step1, WorkflowOptions? options = null) =>
        Linear<T0, T1>(name, options, [step1]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T2> Chain<T0, T1, T2>(string name, Step<T0, T1> step1, Step<T1, T2> step2, WorkflowOptions? options = null) =>
        Linear<T0, T2>(name, options, [step1, step2]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T3> Chain<T0, T1, T2, T3>(string name, Step<T0, T1> step1, Step<T1, T2> step2, Step<T2, T3> step3, WorkflowOptions? options = null) =>
        Linear<T0, T3>(name, options, [step1, step2, step3]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T4> Chain<T0, T1, T2, T3, T4>(string name, Step<T0, T1> step1, Step<T1, T2> step2, Step<T2, T3> step3, Step<T3, T4> step4, WorkflowOptions? options = null) =>
        Linear<T0, T4>(name, options, [step1, step2, step3, step4]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T5> Chain<T0, T1, T2, T3, T4, T5>(string name, Step<T0, T1> step1, Step<T1, T2> step2, Step<T2, T3> step3, Step<T3, T4> step4, Step<T4, T5> step5, WorkflowOptions? options = null) =>
        Linear<T0, T5>(name, options, [step1, step2, step3, step4, step5]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T6> Chain<T0, T1, T2, T3, T4, T5, T6>(string name, Step<T0, T1> step1, Step<T1, T2> step2, Step<T2, T3> step3, Step<T3, T4> step4, Step<T4, T5> step5, Step<T5, T6> step6, WorkflowOptions? options = null) =>
        Linear<T0, T6>(name, options, [step1, step2, step3, step4, step5, step6]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T7> Chain<T0, T1, T2, T3, T4, T5, T6, T7>(string name, Step<T0, T1> step1, Step<T1, T2> step2, Step<T2, T3> step3, Step<T3, T4> step4, Step<T4, T5> step5, Step<T5, T6> step6, Step<T6, T7> step7, WorkflowOptions? options = null) =>
        Linear<T0, T7>(name, options, [step1, step2, step3, step4, step5, step6, step7]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T8> Chain<T0, T1, T2, T3, T4, T5, T6, T7, T8>(string name, Step<T0, T1> step1, Step<T1, T2> step2, Step<T2, T3> step3, Step<T3, T4> step4, Step<T4, T5> step5, Step<T5, T6> step6, Step<T6, T7> step7, Step<T7, T8> step8, WorkflowOptions? options = null) =>
        Linear<T0, T8>(name, options, [step1, step2, step3, step4, step5, step6, step7, step8]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T2> Chain<T0, T1, T2>(string name, Func<T0, Task<T1>> step1, Func<T1, Task<T2>> step2, WorkflowOptions? options = null) =>
        Linear<T0, T2>(name, options, [Step.Of(step1), Step.Of(step2)]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T3> Chain<T0, T1, T2, T3>(string name, Func<T0, Task<T1>> step1, Func<T1, Task<T2>> step2, Func<T2, Task<T3>> step3, WorkflowOptions? options = null) =>
        Linear<T0, T3>(name, options, [Step.Of(step1), Step.Of(step2), Step.Of(step3)]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T4> Chain<T0, T1, T2, T3, T4>(string name, Func<T0, Task<T1>> step1, Func<T1, Task<T2>> step2, Func<T2, Task<T3>> step3, Func<T3, Task<T4>> step4, WorkflowOptions? options = null) =>
        Linear<T0, T4>(name, options, [Step.Of(step1), Step.Of(step2), Step.Of(step3), Step.Of(step4)]);

    /// <inheritdoc cref="Chain{TIn}(string)"/>
    public static Workflow<T0, T5> Chain<T0, T1, T2, T3, T4, T5>(string name, Func<T0, Task<T1>> step1, Func<T1, Task<T2>> step2, Func<T2, Task<T3>> step3, Func<T3, Task<T4>> step4, Func<T4, Task<T5>> step5, WorkflowOptions? options = null) =>
        Linear<T0, T5>(name, options, [Step.Of(step1), Step.Of(step2), Step.Of(step3), Step.Of(step4), Step.Of(step5)]);

    /// <summary>
    /// A classifier labels the input and the handler of that label is given <b>the input</b>, not the label. White space around a label
    /// does not matter.
    /// </summary>
    /// <param name="name">The workflow's name.</param>
    /// <param name="classifier">Gives the label: a function, an agent, a workflow.</param>
    /// <param name="routes">The handler for each label.</param>
    /// <param name="fallback">The handler for any other label; without it, another label fails the run.</param>
    /// <param name="options">Caps, and what nested agents and workflows inherit.</param>
    public static Workflow<TIn, TOut> Route<TIn, TOut>(
        string name,
        Step<TIn, string> classifier,
        Dictionary<string, Step<TIn, TOut>> routes,
        Step<TIn, TOut>? fallback = null,
        WorkflowOptions? options = null) =>
        Route(name, classifier, (IReadOnlyDictionary<string, Step<TIn, TOut>>)routes, fallback, options);

    /// <inheritdoc cref="Route{TIn,TOut}(string,Step{TIn,string},Dictionary{string,Step{TIn,TOut}},Step{TIn,TOut},WorkflowOptions)"/>
    public static Workflow<TIn, TOut> Route<TIn, TOut>(
        string name,
        Step<TIn, string> classifier,
        IReadOnlyDictionary<string, Step<TIn, TOut>> routes,
        Step<TIn, TOut>? fallback = null,
        WorkflowOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(routes);
        var draft = new GraphDraft(name, typeof(TIn), typeof(TOut), options ?? WorkflowOptions.Default);
        if (routes.Count == 0) draft.Problems.Add("a route needs at least one label and handler.");
        var names = new NodeNames();
        var source = draft.AddNode(names.Unique(classifier.Name), classifier);
        draft.AddEdge(Edge.Outside, source);
        foreach (var (label, handler) in routes)
        {
            var target = draft.AddNode(names.Unique(handler.Name), handler);
            draft.AddEdge(source, target, label, carriesRunInput: true);
            draft.AddEdge(target, Edge.Outside);
        }

        if (fallback is not null)
        {
            var target = draft.AddNode(names.Unique(fallback.Name), fallback);
            draft.AddEdge(source, target, isFallback: true, carriesRunInput: true);
            draft.AddEdge(target, Edge.Outside);
        }

        draft.AddRouter(source, static (label, _) => new ValueTask<string>((string?)label ?? ""), "label");
        return new Workflow<TIn, TOut>(name, draft.Compile());
    }

    /// <summary>All branches are given the input and work at the same time; the results come in the order of the branches.</summary>
    /// <param name="name">The workflow's name.</param>
    /// <param name="branches">What works side by side.</param>
    /// <param name="merge">Makes the output of the results.</param>
    /// <param name="maxConcurrency">How many branches work at the same time; all of them unless given.</param>
    /// <param name="options">Caps, and what nested agents and workflows inherit.</param>
    public static Workflow<TIn, TOut> Parallel<TIn, TBranch, TOut>(
        string name,
        IReadOnlyList<Step<TIn, TBranch>> branches,
        Func<IReadOnlyList<TBranch>, TOut> merge,
        int? maxConcurrency = null,
        WorkflowOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(merge);
        return FanOut<TIn, TBranch, TOut>(name, branches, Merge<TBranch, TOut>(results => Task.FromResult(merge(results)), merge), maxConcurrency, options, collect: false);
    }

    /// <inheritdoc cref="Parallel{TIn,TBranch,TOut}(string,IReadOnlyList{Step{TIn,TBranch}},Func{IReadOnlyList{TBranch},TOut},int?,WorkflowOptions?)"/>
    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    public static Workflow<TIn, TOut> Parallel<TIn, TBranch, TOut>(
        string name,
        IReadOnlyList<Step<TIn, TBranch>> branches,
        Func<IReadOnlyList<TBranch>, Task<TOut>> merge,
        int? maxConcurrency = null,
        WorkflowOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(merge);
        return FanOut<TIn, TBranch, TOut>(name, branches, Merge(merge, merge), maxConcurrency, options, collect: false);
    }

    /// <summary>All branches are given the input and work at the same time; gives the results in the order of the branches.</summary>
    /// <inheritdoc cref="Parallel{TIn,TBranch,TOut}(string,IReadOnlyList{Step{TIn,TBranch}},Func{IReadOnlyList{TBranch},TOut},int?,WorkflowOptions?)"/>
    public static Workflow<TIn, IReadOnlyList<TBranch>> Parallel<TIn, TBranch>(
        string name,
        IReadOnlyList<Step<TIn, TBranch>> branches,
        int? maxConcurrency = null,
        WorkflowOptions? options = null) =>
        Parallel(name, branches, static results => results, maxConcurrency, options);

    /// <summary>Like <c>Parallel</c>, but a branch that fails does not fail the run: its failure is among the outcomes.</summary>
    /// <inheritdoc cref="Parallel{TIn,TBranch,TOut}(string,IReadOnlyList{Step{TIn,TBranch}},Func{IReadOnlyList{TBranch},TOut},int?,WorkflowOptions?)"/>
    public static Workflow<TIn, TOut> ParallelOutcomes<TIn, TBranch, TOut>(
        string name,
        IReadOnlyList<Step<TIn, TBranch>> branches,
        Func<IReadOnlyList<Outcome<TBranch>>, TOut> merge,
        int? maxConcurrency = null,
        WorkflowOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(merge);
        var collect = Merge<object?, TOut>(results => Task.FromResult(merge([.. results.Select(Outcome<TBranch>.Of)])), merge);
        return FanOut<TIn, TBranch, TOut>(name, branches, collect, maxConcurrency, options, collect: true);
    }

    internal static Workflow<TIn, TOut> Linear<TIn, TOut>(string name, WorkflowOptions? options, IReadOnlyList<Step> steps)
    {
        var draft = new GraphDraft(name, typeof(TIn), typeof(TOut), options ?? WorkflowOptions.Default);
        var names = new NodeNames();
        var previous = Edge.Outside;
        foreach (var step in steps)
        {
            ArgumentNullException.ThrowIfNull(step);
            var node = draft.AddNode(names.Unique(step.Name), step);
            draft.AddEdge(previous, node);
            previous = node;
        }

        if (steps.Count > 0) draft.AddEdge(previous, Edge.Outside);
        return new Workflow<TIn, TOut>(name, draft.Compile());
    }

    private static FunctionStep<IReadOnlyList<TBranch>, TOut> Merge<TBranch, TOut>(Func<IReadOnlyList<TBranch>, Task<TOut>> merge, Delegate original) =>
        new("merge", (results, _) => new ValueTask<TOut>(merge(results)), original, gathers: true);

    private static Workflow<TIn, TOut> FanOut<TIn, TBranch, TOut>(
        string name,
        IReadOnlyList<Step<TIn, TBranch>> branches,
        Step merge,
        int? maxConcurrency,
        WorkflowOptions? options,
        bool collect)
    {
        ArgumentNullException.ThrowIfNull(branches);
        options ??= WorkflowOptions.Default;
        var draft = new GraphDraft(name, typeof(TIn), typeof(TOut), options with
        {
            MaxSteps = Math.Max(options.MaxSteps, branches.Count + 1),
            MaxConcurrency = maxConcurrency ?? Math.Max(branches.Count, 1),
        });
        if (branches.Count == 0) draft.Problems.Add("parallel needs at least one branch.");
        var names = new NodeNames();
        names.Unique(merge.Name);
        var targets = new List<int>();
        foreach (var branch in branches)
        {
            ArgumentNullException.ThrowIfNull(branch);
            var step = collect ? branch.With(policy => policy with { OnFailure = FailurePolicy.DeliverFailure }) : branch;
            targets.Add(draft.AddNode(names.Unique(branch.Name), step));
            draft.AddEdge(Edge.Outside, targets[^1]);
        }

        var join = draft.AddNode(merge.Name, merge);
        foreach (var target in targets) draft.AddEdge(target, join);
        draft.AddEdge(join, Edge.Outside);
        return new Workflow<TIn, TOut>(name, draft.Compile());
    }
}
