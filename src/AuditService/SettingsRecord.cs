using System.Text.Encodings.Web;
using System.Text.Json;
using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AuditService;

/// <summary>
/// Records at the start with what settings and keys the log goes on, where they differ from what was recorded last: whoever
/// shortens the retention or takes a key away leaves a trace.
/// </summary>
internal sealed partial class SettingsRecord(AuditLog log, LogReader reader, Checkpointer checkpointer, IOptions<AuditOptions> options, TimeProvider time, ILogger<SettingsRecord> logger) : IHostedService
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!log.IsWritable) return;
        var now = options.Value;
        try
        {
            await RecordAsync(
                AuditAction.Configuration,
                new
                {
                    now.ScrubSecrets,
                    OwnPatterns = now.SecretPatterns.Count,
                    PayloadRetention = now.PayloadRetention.ToString(),
                    now.MaxPayloadBytes,
                    now.CheckpointEntries,
                    CheckpointInterval = now.CheckpointInterval.ToString(),
                    IdleCheckpointInterval = now.IdleCheckpointInterval.ToString(),
                    VerificationInterval = now.VerificationInterval.ToString(),
                    Anchors = checkpointer.Anchors.Select(anchor => anchor.Name),
                    AuditorKey = now.AuditorKey is { Length: > 0 },
                },
                cancellationToken);
            // Names only: of a secret nothing is recorded, not even its hash.
            await RecordAsync(AuditAction.KeyEvent, new { KeyRing = log.Keys.Keys.Select(key => key.Id), CheckpointKeys = checkpointer.ReadKeys().Select(key => key.Text) }, cancellationToken);
        }
        catch (AuditUnavailableException e)
        {
            // A full disk does not keep the service from starting; health says what is wrong.
            Log.NotRecorded(logger, e);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RecordAsync<T>(string action, T settings, CancellationToken cancellationToken)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(settings, s_json);
        var last = reader.ReadActions([action]).LastOrDefault(record => record.Entry.EventId.StartsWith(log.Origin, StringComparison.Ordinal));
        if (last is not null && last.Entry.Payload.Span.SequenceEqual(payload)) return;
        var entry = new AuditEntry
        {
            EventId = $"{log.Origin}/{action}/{Guid.NewGuid():N}",
            Time = time.GetUtcNow(),
            Action = action,
            Actor = AuditActor.System,
            Subject = log.Origin,
            Payload = payload,
        };
        await log.AppendAsync([PreparedEntry.Create(entry, scrubber: null, maxPayloadBytes: 64 * 1024)], cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The settings could not be recorded")]
        public static partial void NotRecorded(ILogger logger, Exception exception);
    }
}
