using System.Collections.Concurrent;

namespace Loomflow;

/// <summary>What a step of a <see cref="StepAgent"/> can know of its run, besides what its parameters are filled with. A method that has a parameter of this type is given it.</summary>
public sealed class StepContext
{
    private readonly ConcurrentDictionary<string, object?> _results = new(StringComparer.Ordinal);

    internal StepContext(string input, IReadOnlyList<Interaction> history, ConcurrentDictionary<string, object?> memory)
    {
        Input = input;
        History = history;
        Memory = memory;
    }

    /// <summary>What the run was given, as its guardrails let it through.</summary>
    public string Input { get; internal set; }

    /// <summary>The results of the steps so far, by name.</summary>
    public IReadOnlyDictionary<string, object?> Results => _results;

    /// <summary>For steps to leave things for each other within a run. Empty again on a resumed run: what must survive belongs into a result.</summary>
    public ConcurrentDictionary<string, object?> State { get; } = new(StringComparer.Ordinal);

    /// <summary>For steps to leave things for later runs of the same user and session, in this process.</summary>
    public ConcurrentDictionary<string, object?> Memory { get; }

    /// <summary>Earlier runs of the same user and session in this process, oldest first, at most <see cref="StepAgentOptions.MaxHistory"/>.</summary>
    public IReadOnlyList<Interaction> History { get; }

    /// <summary>The tools that the model named for the latest step that uses tools.</summary>
    public IReadOnlyList<ToolDecision> ToolDecisions { get; internal set; } = [];

    /// <summary>The result of a step.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    /// <exception cref="PayloadException">It is no <typeparamref name="T"/>.</exception>
    public T? GetResult<T>(string step) => _results.TryGetValue(step, out var result)
        ? (T?)ThinkAct.StepValue.Convert(result, typeof(T))
        : throw new KeyNotFoundException($"Step '{step}' has no result: {(_results.IsEmpty ? "no step has run" : $"those that have are {string.Join(", ", _results.Keys.Order().Select(name => $"'{name}'"))}")}.");

    internal void Set(string step, object? result) => _results[step] = result;
}
