using System.Collections;
using System.Diagnostics;
using Loomflow.Security;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>
/// The scopes of all loggers, without secrets: requests bring their paths along. Each is looked at once, when something is written down in it, and most are
/// never. Names the trace, too, as the provider does whose place this takes.
/// </summary>
internal sealed class ScrubbedScopes(SecretScrubber scrubber) : IExternalScopeProvider
{
    private readonly LoggerExternalScopeProvider _scopes = new();

    public void ForEachScope<TState>(Action<object?, TState> callback, TState state)
    {
        if (Activity.Current is { } activity) callback(new TraceScope(activity), state);
        _scopes.ForEachScope(callback, state);
    }

    public IDisposable Push(object? state) => _scopes.Push(Scrub(state));

    private object? Scrub(object? state) => state switch
    {
        null => null,
        string text => scrubber.Scrub(text),
        IReadOnlyList<KeyValuePair<string, object?>> values => new ScrubbedScope(values, scrubber),
        _ => state.ToString() is { } text && scrubber.Scrub(text) is var scrubbed && scrubbed != text ? scrubbed : state,
    };

    private sealed class ScrubbedScope(IReadOnlyList<KeyValuePair<string, object?>> given, SecretScrubber scrubber) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        private KeyValuePair<string, object?>[]? _values;
        private string? _text;

        public int Count => given.Count;

        private KeyValuePair<string, object?>[] Values =>
            _values ??= [.. given.Select(value => value.Value is string secret ? KeyValuePair.Create<string, object?>(value.Key, scrubber.Scrub(secret)) : value)];

        public KeyValuePair<string, object?> this[int index] => Values[index];

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)Values).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => _text ??= scrubber.Scrub(given.ToString() ?? "");
    }

    private sealed class TraceScope(Activity activity) : LogScope(
        [new("SpanId", activity.SpanId.ToHexString()), new("TraceId", activity.TraceId.ToHexString()), new("ParentId", activity.ParentSpanId.ToHexString())]);
}
