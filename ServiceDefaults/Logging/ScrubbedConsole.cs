using System.Globalization;
using System.Text;
using Loomflow.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

/// <summary>
/// Writes each record as one line: <c>time level category[event] message {scopes} | exception</c>. Line breaks and control characters are
/// written as escapes, so nothing that a caller sends can look like a record, and secrets are left out.
/// </summary>
internal sealed class ScrubbedConsole(SecretScrubber scrubber, IOptions<ConsoleFormatterOptions> options, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "loomflow";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var text = new StringBuilder();
        text.Append(logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (options.Value.IncludeScopes) scopeProvider?.ForEachScope(static (scope, into) => into.Append(CultureInfo.InvariantCulture, $" => {scope}"), text);
        if (logEntry.Exception is { } exception) text.Append(" | ").Append(exception);
        textWriter.Write(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {NameOf(logEntry.LogLevel)} {logEntry.Category}[{logEntry.EventId.Id}] "));
        textWriter.WriteLine(SafeText.Of(scrubber.Scrub(text.ToString())));
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
