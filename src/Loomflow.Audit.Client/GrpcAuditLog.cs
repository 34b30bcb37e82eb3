using System.Threading.Channels;
using Grpc.Core;
using Loomflow.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loomflow.Audit.Client;

/// <summary>
/// The audit service as an <see cref="IAuditLog"/>: one stream, on which entries go out without waiting for one another and
/// are acknowledged one by one once they are durable. When the stream breaks, what was not acknowledged is sent again in the
/// same order on the next one; the service recognises what it has.
/// </summary>
public sealed partial class GrpcAuditLog : IAuditLog, IAsyncDisposable
{
    /// <summary>What a repeated field's tag and length take at most, beside the entry itself.</summary>
    private const int FieldOverhead = 6;

    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(5);

    private readonly AuditAppender.AuditAppenderClient _client;
    private readonly AuditClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<GrpcAuditLog> _logger;
    private readonly Channel<PendingEntry> _incoming;
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <summary>Starts sending with the first append.</summary>
    public GrpcAuditLog(AuditAppender.AuditAppenderClient client, IOptions<AuditClientOptions> options, ILogger<GrpcAuditLog> logger, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_client, _options, _logger, _time) = (client, options.Value, logger, timeProvider ?? TimeProvider.System);
        _incoming = Channel.CreateUnbounded<PendingEntry>(new UnboundedChannelOptions { SingleReader = true });
        // The semaphore bounds what the channel and the window hold together.
        _room = new SemaphoreSlim(_options.MaxUnacknowledged);
        _running = Task.Run(RunAsync);
    }

    /// <inheritdoc />
    public async ValueTask<AuditReceipt> AppendAsync(AuditEntry entry, CancellationToken cancellationToken = default) =>
        (await AppendAsync([entry], cancellationToken).ConfigureAwait(false))[0];

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AuditReceipt>> AppendAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count == 0) return [];
        var messages = new (V1.AuditEntry, int)[entries.Count];
        for (var i = 0; i < messages.Length; i++) messages[i] = Write(entries[i]);
        var append = new PendingAppend(messages, _room);
        append.FailAfter(_options.Timeout, _time, cancellationToken);
        for (var i = 0; i < messages.Length; i++)
        {
            if (!_room.Wait(TimeSpan.Zero, cancellationToken) && !await _room.WaitAsync(_options.Timeout, cancellationToken).ConfigureAwait(false))
            {
                append.Fail(new AuditUnavailableException($"{_options.MaxUnacknowledged} audit entries wait for the audit service, which is {AuditClientOptions.Section}:{nameof(AuditClientOptions.MaxUnacknowledged)}, and none was acknowledged for {_options.Timeout.TotalSeconds:0.#} s."));
                break;
            }

            if (!append.Admit()) break;
            if (_incoming.Writer.TryWrite(new PendingEntry(append, i))) continue;
            append.Fail(new AuditUnavailableException("The audit client is closed."));
            break;
        }

        return await append.Completion.ConfigureAwait(false);
    }

    /// <summary>Sends what waits, for a short while; what is not acknowledged then fails with <see cref="AuditUnavailableException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        // A container that knows it under two names disposes it twice.
        if (!_incoming.Writer.TryComplete()) return;
        _stopping.CancelAfter(s_closing);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
        _room.Dispose();
    }

    private (V1.AuditEntry Message, int Size) Write(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var message = V1.AuditEntries.Write(entry);
        var size = message.CalculateSize() + FieldOverhead;
        if (size <= _options.MaxMessageBytes) return (message, size);
        throw new ArgumentException(
            $"Audit entry '{entry.EventId}' takes {size} bytes, and a message to the audit service at most {_options.MaxMessageBytes}: record a summary, or raise {AuditClientOptions.Section}:{nameof(AuditClientOptions.MaxMessageBytes)}.", nameof(entry));
    }

    private async Task RunAsync()
    {
        var unacknowledged = new Queue<PendingEntry>();
        var delay = _options.ReconnectDelay;
        try
        {
            while (unacknowledged.Count > 0 || await _incoming.Reader.WaitToReadAsync(_stopping.Token).ConfigureAwait(false))
            {
                try
                {
                    using var connection = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                    using var call = _client.Append(cancellationToken: connection.Token);
                    var progressed = await ExchangeAsync(call, unacknowledged, connection).ConfigureAwait(false);
                    if (progressed) delay = _options.ReconnectDelay;
                }
                catch (Exception e) when (!_stopping.IsCancellationRequested)
                {
                    Log.Disconnected(_logger, unacknowledged.Count, e is RpcException rpc ? rpc.Status.Detail : e.Message);
                }

                // Callers that gave up keep their place until here: an entry that was sent must be acknowledged in order.
                DropAbandoned(unacknowledged);
                if (unacknowledged.Count == 0) continue;
                await Task.Delay(delay, _time, _stopping.Token).ConfigureAwait(false);
                delay = TimeSpan.FromTicks(Math.Min(2 * delay.Ticks, _options.MaxReconnectDelay.Ticks));
            }
        }
        catch (Exception e) when (_stopping.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
        }
        finally
        {
            var closed = new AuditUnavailableException("The audit client is closed.");
            foreach (var entry in unacknowledged) entry.Append.Fail(closed);
            while (_incoming.Reader.TryRead(out var entry)) entry.Append.Fail(closed);
        }
    }

    // Sends until the stream ends; returns whether anything was acknowledged on it.
    private async Task<bool> ExchangeAsync(AsyncDuplexStreamingCall<AppendRequest, AppendReply> call, Queue<PendingEntry> unacknowledged, CancellationTokenSource connection)
    {
        var sent = Channel.CreateUnbounded<PendingEntry>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var resend = unacknowledged.ToArray();
        var receiving = ReceiveAsync(call.ResponseStream, unacknowledged, sent.Reader, connection);
        try
        {
            var message = new AppendMessage(_options);
            foreach (var entry in resend)
            {
                if (!message.HasRoomFor(entry)) await call.RequestStream.WriteAsync(message.Take(), connection.Token).ConfigureAwait(false);
                message.Add(entry);
            }

            if (!message.IsEmpty) await call.RequestStream.WriteAsync(message.Take(), connection.Token).ConfigureAwait(false);
            while (await _incoming.Reader.WaitToReadAsync(connection.Token).ConfigureAwait(false))
            {
                while (_incoming.Reader.TryPeek(out var entry) && message.HasRoomFor(entry))
                {
                    _incoming.Reader.TryRead(out _);
                    if (entry.IsAbandoned) continue;
                    message.Add(entry);
                    sent.Writer.TryWrite(entry);
                }

                if (!message.IsEmpty) await call.RequestStream.WriteAsync(message.Take(), connection.Token).ConfigureAwait(false);
            }

            await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException or InvalidOperationException or IOException or HttpRequestException)
        {
            // The call has ended; the receiving side knows why.
        }
        finally
        {
            sent.Writer.TryComplete();
        }

        try
        {
            return await receiving.ConfigureAwait(false);
        }
        finally
        {
            while (sent.Reader.TryRead(out var entry)) unacknowledged.Enqueue(entry);
        }
    }

    private static async Task<bool> ReceiveAsync(IAsyncStreamReader<AppendReply> replies, Queue<PendingEntry> unacknowledged, ChannelReader<PendingEntry> sent, CancellationTokenSource connection)
    {
        var progressed = false;
        try
        {
            while (await replies.MoveNext(connection.Token).ConfigureAwait(false))
            {
                foreach (var acknowledgement in replies.Current.Acknowledgements)
                {
                    while (sent.TryRead(out var entry)) unacknowledged.Enqueue(entry);
                    if (!unacknowledged.TryPeek(out var oldest) || oldest.Message.EventId != acknowledgement.EventId)
                    {
                        throw new RpcException(new Status(StatusCode.Internal, $"the audit service acknowledged '{acknowledgement.EventId}' out of turn"));
                    }

                    unacknowledged.Dequeue();
                    oldest.Append.Acknowledge(oldest.Index, acknowledgement);
                    progressed = true;
                }
            }
        }
        finally
        {
            // Wakes the sending side, which waits for entries and not for the stream.
            await connection.CancelAsync().ConfigureAwait(false);
        }

        return progressed;
    }

    private static void DropAbandoned(Queue<PendingEntry> unacknowledged)
    {
        for (var i = unacknowledged.Count; i > 0; i--)
        {
            var entry = unacknowledged.Dequeue();
            if (!entry.IsAbandoned) unacknowledged.Enqueue(entry);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The audit service cannot be reached, {Count} entries wait: {Problem}")]
        public static partial void Disconnected(ILogger logger, int count, string problem);
    }
}
