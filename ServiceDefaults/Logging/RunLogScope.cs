using System.Collections;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>Says of everything that is logged within it which run, and which step of it, it is about. The trace is there already: logging adds it.</summary>
public sealed class RunLogScope : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly KeyValuePair<string, object?>[] _values;

    /// <summary>The scope of a run.</summary>
    public RunLogScope(string runId) => _values = [new("RunId", runId)];

    /// <summary>The scope of an attempt of a step.</summary>
    public RunLogScope(string runId, string step, int visit, int attempt) =>
        _values = [new("RunId", runId), new("Step", step), new("Visit", visit), new("Attempt", attempt)];

    /// <inheritdoc />
    public int Count => _values.Length;

    /// <inheritdoc />
    public KeyValuePair<string, object?> this[int index] => _values[index];

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc />
    public override string ToString() => string.Join(' ', _values.Select(value => $"{value.Key}:{value.Value}"));
}
