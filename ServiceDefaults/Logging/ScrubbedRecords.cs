using Loomflow.Security;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>Leaves secrets out of exported log records, and what could be taken for more than text, as on the console. Only stack traces have lines.</summary>
internal sealed class ScrubbedRecords(SecretScrubber scrubber) : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (data.FormattedMessage is { } message) data.FormattedMessage = Safe(message);
        if (data.Body is { } body) data.Body = Safe(body);
        if (data.Attributes is { } attributes) data.Attributes = [.. attributes.Select(attribute => KeyValuePair.Create(attribute.Key, Scrub(attribute.Value)))];

        // The exporter writes an exception's own text, which nobody can change: what is left of it is written here instead.
        if (data.Exception is not { } exception) return;
        data.Attributes =
        [
            .. data.Attributes ?? [],
            KeyValuePair.Create<string, object?>("exception.type", exception.GetType().FullName),
            KeyValuePair.Create<string, object?>("exception.message", Safe(exception.Message)),
            KeyValuePair.Create<string, object?>("exception.stacktrace", scrubber.Scrub(exception.ToString())),
        ];
        data.Exception = null;
    }

    private object? Scrub(object? value) => value is null ? null : value is string text ? Safe(text) : value.GetType().IsPrimitive ? value : Safe(value.ToString() ?? "");

    private string Safe(string text) => SafeText.Of(scrubber.Scrub(text));
}
