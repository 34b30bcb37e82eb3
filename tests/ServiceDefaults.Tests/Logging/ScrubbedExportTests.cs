using System.Diagnostics;
using System.Text;
using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.Security;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Loomflow.Aspire.ServiceDefaults.Tests.Logging;

/// <summary>What exporters see of log records and spans.</summary>
public sealed class ScrubbedExportTests
{
    [Fact]
    public void ALogRecord_HasNoSecretWhenItIsExported()
    {
        var exporter = new Seen();
        using (var logging = LoggerFactory.Create(builder => builder.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.AddProcessor(new ScrubbedRecords(SecretScrubber.Default)).AddProcessor(new SimpleLogRecordExportProcessor(exporter));
        })))
        {
            var failure = new InvalidOperationException($"refused {Hostile.OwnKey}");
#pragma warning disable CA1848 // One record is written.
            logging.CreateLogger("Runs").LogError(failure, "Call with {Credential} for {Url} took {Milliseconds} ms", Hostile.Secret, new Uri("redis://user:hunter22@cache:6379"), 12);
#pragma warning restore CA1848
        }

        var exported = exporter.Text.ToString();
        foreach (var secret in (string[])[Hostile.Secret, Hostile.OwnKey, "hunter22"]) exported.ShouldNotContain(secret);
        exported.ShouldContain("Call with [redacted] for redis://user:[redacted]@cache:6379/ took 12 ms");
        exported.ShouldContain("Credential=[redacted]");
        exported.ShouldContain("Milliseconds=12");
        exported.ShouldContain("exception.message=refused [redacted]");
        exported.ShouldContain("exception.type=System.InvalidOperationException");
    }

    [Fact]
    public void ASpan_HasNoSecretWhenItIsExported()
    {
        using var source = new ActivitySource(nameof(ASpan_HasNoSecretWhenItIsExported));
        using var listener = new ActivityListener { ShouldListenTo = one => one == source, Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(listener);
        using var span = source.StartActivity("call")!;
        span.SetTag("credential", Hostile.Secret).SetTag("plain", "as it was").SetTag("count", 3).SetStatus(ActivityStatusCode.Error, $"refused {Hostile.OwnKey}");

        using var scrubbed = new ScrubbedSpans(SecretScrubber.Default);
        scrubbed.OnEnd(span);

        span.TagObjects.ShouldBe([new("credential", "[redacted]"), new("plain", "as it was"), new("count", 3)]);
        (span.Status, span.StatusDescription).ShouldBe((ActivityStatusCode.Error, "refused [redacted]"));
    }

    /// <summary>Writes down all of a record that an exporter can reach. Records are used again, so it cannot be done later.</summary>
    private sealed class Seen : BaseExporter<LogRecord>
    {
        public StringBuilder Text { get; } = new();

        public override ExportResult Export(in Batch<LogRecord> batch)
        {
            foreach (var record in batch)
            {
                Text.AppendLine(record.FormattedMessage).AppendLine(record.Body).AppendLine(record.Exception?.ToString());
                foreach (var (name, value) in record.Attributes ?? []) Text.Append(name).Append('=').Append(value).AppendLine();
            }

            return ExportResult.Success;
        }
    }
}
