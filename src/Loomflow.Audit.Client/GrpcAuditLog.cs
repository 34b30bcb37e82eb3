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
        await (await SendAsync(entry, cancellationToken).ConfigureAwait(false)).Completion.ConfigureAwait(false);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AuditReceipt>> AppendAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var pending = new List<PendingEntry>(entries.Count);
        foreach (var entry in entries) pending.Add(await SendAsync(entry, cancellationToken).ConfigureAwait(false));
        return await Task.WhenAll(pending.Select(entry => entry.Completion)).ConfigureAwait(false);
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

    private async ValueTask<PendingEntry> SendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var message = V1.AuditEntries.Write(entry);
        if (!await _room.WaitAsync(_options.Timeout, cancellationToken).ConfigureAwait(false))
        {
            throw new AuditUnavailableException($"{_options.MaxUnacknowledged} audit entries wait for the audit service, and none was acknowledged for {_options.Timeout.TotalSeconds:0} s.");
        }

        var pending = new PendingEntry(message, _room);
        pending.FailAfter(_options.Timeout, _time, cancellationToken);
        if (!_incoming.Writer.TryWrite(pending)) pending.Fail(new AuditUnavailableException("The audit client is closed."));
        return pending;
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
            foreach (var entry in unacknowledged) entry.Fail(closed);
            while (_incoming.Reader.TryRead(out var entry)) entry.Fail(closed);
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
            foreach (var chunk in resend.Chunk(_options.MaxEntriesPerMessage)) await WriteAsync(call, chunk, connection.Token).ConfigureAwait(false);
            var batch = new List<PendingEntry>(_options.MaxEntriesPerMessage);
            while (await _incoming.Reader.WaitToReadAsync(connection.Token).ConfigureAwait(false))
            {
                while (batch.Count < _options.MaxEntriesPerMessage && _incoming.Reader.TryRead(out var entry))
                {
                    if (entry.IsAbandoned) continue;
                    batch.Add(entry);
                    sent.Writer.TryWrite(entry);
                }

                if (batch.Count == 0) continue;
                await WriteAsync(call, batch, connection.Token).ConfigureAwait(false);
                batch.Clear();
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

    private static Task WriteAsync(AsyncDuplexStreamingCall<AppendRequest, AppendReply> call, IReadOnlyCollection<PendingEntry> entries, CancellationToken cancellationToken)
    {
        var request = new AppendRequest();
        request.Entries.AddRange(entries.Select(entry => entry.Message));
        return call.RequestStream.WriteAsync(request, cancellationToken);
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
                    oldest.Complete(acknowledgement);
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
