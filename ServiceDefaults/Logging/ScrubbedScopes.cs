using System.Diagnostics;
using Loomflow.Security;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>
/// The scopes of all loggers, without secrets: requests bring their paths along. Each is looked at once, when it is opened. Names the trace, too, as the
/// provider does whose place this takes.
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
        IReadOnlyList<KeyValuePair<string, object?>> values => Scrub(values),
        _ => state.ToString() is { } text && scrubber.Scrub(text) is var scrubbed && scrubbed != text ? scrubbed : state,
    };

    private IReadOnlyList<KeyValuePair<string, object?>> Scrub(IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        var text = values.ToString() ?? "";
        KeyValuePair<string, object?>[] scrubbed = [.. values.Select(value => value.Value is string secret ? KeyValuePair.Create<string, object?>(value.Key, scrubber.Scrub(secret)) : value)];
        return scrubbed.SequenceEqual(values) && scrubber.Scrub(text) == text ? values : new ScrubbedScope(scrubbed, scrubber.Scrub(text));
    }

    private sealed class ScrubbedScope(KeyValuePair<string, object?>[] values, string text) : LogScope(values)
    {
        public override string ToString() => text;
    }

    private sealed class TraceScope(Activity activity) : LogScope(
        [new("SpanId", activity.SpanId.ToHexString()), new("TraceId", activity.TraceId.ToHexString()), new("ParentId", activity.ParentSpanId.ToHexString())]);
}
