using System.Collections;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>A scope of named values, which reads <c>Name:value Name:value</c>.</summary>
public abstract class LogScope(params KeyValuePair<string, object?>[] values) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <inheritdoc />
    public int Count => values.Length;

    /// <inheritdoc />
    public KeyValuePair<string, object?> this[int index] => values[index];

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc />
    public override string ToString() => string.Join(' ', values.Select(value => $"{value.Key}:{value.Value}"));
}
