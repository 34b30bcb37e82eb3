using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Microsoft.AspNetCore.Mvc;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>A run's events as server-sent events: resumable by <c>Last-Event-ID</c>, ending with the terminal event.</summary>
internal static class RunEventsApi
{
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(15);

    public static async Task StreamAsync(
        [Description("The run's id.")] string id,
        Caller caller,
        HttpContext http,
        RunService runs,
        RunWatcher watcher,
        DeltaHub deltas,
        TimeProvider time,
        [FromHeader(Name = "Last-Event-ID"), Description("The id of the last event seen; the stream goes on after it.")] string? lastEventId = null)
    {
        var after = 0L;
        if (lastEventId is not null && (!long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out after) || after < 0))
        {
            throw new RunRefusedException(RunRefusal.BadCursor, $"Last-Event-ID '{lastEventId}' is not the id of an event: pass the one of the last event seen, or none.");
        }

        if (await runs.FindAsync(caller, id) is { IsTrimmed: true }) throw RunRefusedException.JournalTrimmed(id);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.StartAsync(http.RequestAborted);

        // Pieces of text are shown as they come and may be dropped by a slow watcher; events never are.
        var lines = Channel.CreateBounded<(long? Id, string Type, ReadOnlyMemory<byte> Data)>(256);
        using var watching = deltas.Watch(id, delta => lines.Writer.TryWrite((null, "delta", Payload.Of(delta).ToJson())));
        var following = FollowAsync(id, after, watcher, lines.Writer, http.RequestAborted);
        try
        {
            await WriteAsync(http, lines.Reader, time);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The watcher has left.
        }

        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task FollowAsync(string id, long after, RunWatcher watcher, ChannelWriter<(long?, string, ReadOnlyMemory<byte>)> lines, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var runEvent in watcher.FollowAsync(id, after, cancellationToken))
            {
                await lines.WriteAsync((runEvent.Sequence, "event", RunEventJson.Write(runEvent)), cancellationToken);
            }
        }
        finally
        {
            lines.TryComplete();
        }
    }

    private static async Task WriteAsync(HttpContext http, ChannelReader<(long? Id, string Type, ReadOnlyMemory<byte> Data)> lines, TimeProvider time)
    {
        var body = http.Response.Body;
        while (true)
        {
            using var keepAlive = new CancellationTokenSource(s_keepAlive, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(keepAlive.Token, http.RequestAborted);
            try
            {
                if (!await lines.WaitToReadAsync(either.Token)) return;
            }
            catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
            {
                await body.WriteAsync(": still here\n\n"u8.ToArray(), http.RequestAborted);
                await body.FlushAsync(http.RequestAborted);
                continue;
            }

            while (lines.TryRead(out var line))
            {
                var head = line.Id is { } sequence ? $"id: {sequence}\nevent: {line.Type}\ndata: " : $"event: {line.Type}\ndata: ";
                await body.WriteAsync(Encoding.UTF8.GetBytes(head), http.RequestAborted);
                await body.WriteAsync(line.Data, http.RequestAborted);
                await body.WriteAsync("\n\n"u8.ToArray(), http.RequestAborted);
            }

            await body.FlushAsync(http.RequestAborted);
        }
    }
}
