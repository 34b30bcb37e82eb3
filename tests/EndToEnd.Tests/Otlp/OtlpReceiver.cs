using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.EndToEnd.Tests.Otlp;

/// <summary>A collector of one test: takes traces, metrics and logs over OTLP/HTTP and OTLP/gRPC and keeps them.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly byte[] s_emptyReply = new byte[5];

    private readonly WebApplication _app;
    private readonly SemaphoreSlim _arrived = new(0);

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Http => _app.Urls.First();

    public string Grpc => _app.Urls.Last();

    public ConcurrentQueue<ExportedSpan> Spans { get; } = [];

    public ConcurrentQueue<ExportedMetric> Metrics { get; } = [];

    public ConcurrentQueue<ExportedLog> Logs { get; } = [];

    /// <summary>All that was exported, as it came: which signal, and the bytes.</summary>
    public ConcurrentQueue<(string Signal, byte[] Request)> Raw { get; } = [];

    public static async Task<OtlpReceiver> StartAsync(CancellationToken cancellationToken)
    {
        // Away from the settings of the services, which are copied beside the tests.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        });
        builder.Logging.ClearProviders();
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) => receiver.Take(signal, await BodyOf(request)));
        foreach (var (signal, service) in (IEnumerable<(string, string)>)[("traces", "trace.v1.TraceService"), ("metrics", "metrics.v1.MetricsService"), ("logs", "logs.v1.LogsService")])
        {
            receiver._app.MapPost($"/opentelemetry.proto.collector.{service}/Export", context => receiver.TakeCallAsync(signal, context));
        }

        await receiver._app.StartAsync(cancellationToken);
        return receiver;
    }

    /// <summary>Waits until what has arrived satisfies a condition.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="missing">Says what has not come, for the message of a wait that comes to nothing.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    /// <exception cref="TimeoutException">It has not come.</exception>
    public async Task UntilAsync(Func<bool> condition, Func<string> missing, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        while (!condition())
        {
            try
            {
                await _arrived.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                if (condition()) return;
                throw new TimeoutException($"Not exported in {s_patience}, after {Raw.Count} exports: {missing()}");
            }
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeCallAsync(string signal, HttpContext context)
    {
        // One message: a byte that says whether it is compressed, its length in four, and itself.
        var body = await BodyOf(context.Request);
        var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1));
        if (body[0] == 0) Take(signal, body[5..(5 + length)]);
        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", body[0] == 0 ? "0" : "12");
        await context.Response.Body.WriteAsync(s_emptyReply);
    }

    private void Take(string signal, byte[] request)
    {
        Raw.Enqueue((signal, request));
        switch (signal)
        {
            case "traces":
                foreach (var span in OtlpMessages.Spans(request)) Spans.Enqueue(span);
                break;
            case "metrics":
                foreach (var metric in OtlpMessages.Metrics(request)) Metrics.Enqueue(metric);
                break;
            default:
                foreach (var log in OtlpMessages.Logs(request)) Logs.Enqueue(log);
                break;
        }

        _arrived.Release();
    }

    private static async Task<byte[]> BodyOf(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }
}
