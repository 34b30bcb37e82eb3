using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>A collector of one test: takes spans over OTLP/HTTP and keeps them.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SemaphoreSlim _arrived = new(0);

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Endpoint => _app.Urls.Single();

    public ConcurrentBag<ExportedSpan> Spans { get; } = [];

    public static async Task<OtlpReceiver> StartAsync(CancellationToken cancellationToken)
    {
        // Away from the settings of the services, which are copied beside the tests.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            foreach (var span in OtlpSpans.Read(body.ToArray())) receiver.Spans.Add(span);
            receiver._arrived.Release();
        });
        receiver._app.MapPost("/v1/{signal}", () => Results.Ok());
        await receiver._app.StartAsync(cancellationToken);
        return receiver;
    }

    /// <summary>Waits until what has arrived satisfies a condition.</summary>
    public async Task<IReadOnlyList<ExportedSpan>> UntilAsync(Func<IReadOnlyList<ExportedSpan>, bool> condition, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            var spans = Spans.ToArray();
            if (condition(spans)) return spans;
            try
            {
                await _arrived.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                return spans;
            }
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>One exported span.</summary>
public sealed record ExportedSpan(string Service, string TraceId, string SpanId, string ParentId, string Name, ulong Start, IReadOnlyDictionary<string, string> Attributes, bool IsError);

/// <summary>Reads ExportTraceServiceRequest, opentelemetry-proto v1, as far as the tests look at it.</summary>
internal static class OtlpSpans
{
    public static IEnumerable<ExportedSpan> Read(byte[] request) => Fields(request).Where(field => field.Number == 1).SelectMany(resourceSpans =>
    {
        var parts = Fields(resourceSpans.Bytes).ToArray();
        var resource = parts.Where(part => part.Number == 1).SelectMany(part => Attributes(part.Bytes, 1)).ToDictionary();
        return parts
            .Where(part => part.Number == 2)
            .SelectMany(scope => Fields(scope.Bytes).Where(field => field.Number == 2))
            .Select(span => Span(span.Bytes, resource.GetValueOrDefault("service.name", "")));
    });

    private static ExportedSpan Span(byte[] bytes, string service)
    {
        var fields = Fields(bytes).ToArray();
        string Hex(int number) => Convert.ToHexStringLower(fields.FirstOrDefault(field => field.Number == number).Bytes ?? []);
        return new ExportedSpan(
            service,
            Hex(1),
            Hex(2),
            Hex(4),
            System.Text.Encoding.UTF8.GetString(fields.First(field => field.Number == 5).Bytes),
            fields.First(field => field.Number == 7).Value,
            Attributes(bytes, 9).DistinctBy(attribute => attribute.Key).ToDictionary(),
            fields.Where(field => field.Number == 15).SelectMany(status => Fields(status.Bytes)).Any(field => field is { Number: 3, Value: 2 }));
    }

    private static IEnumerable<KeyValuePair<string, string>> Attributes(byte[] bytes, int number) => Fields(bytes).Where(field => field.Number == number).Select(pair =>
    {
        var parts = Fields(pair.Bytes).ToArray();
        var value = Fields(parts.FirstOrDefault(part => part.Number == 2).Bytes ?? []).FirstOrDefault();
        return KeyValuePair.Create(
            System.Text.Encoding.UTF8.GetString(parts.First(part => part.Number == 1).Bytes),
            value.Number == 1 ? System.Text.Encoding.UTF8.GetString(value.Bytes) : value.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    });

    private static IEnumerable<(int Number, byte[] Bytes, ulong Value)> Fields(byte[] message)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            var number = WireFormat.GetTagFieldNumber(tag);
            yield return WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.LengthDelimited => (number, input.ReadBytes().ToByteArray(), 0ul),
                WireFormat.WireType.Fixed64 => (number, [], input.ReadFixed64()),
                WireFormat.WireType.Fixed32 => (number, [], input.ReadFixed32()),
                _ => (number, [], input.ReadUInt64()),
            };
        }
    }
}
