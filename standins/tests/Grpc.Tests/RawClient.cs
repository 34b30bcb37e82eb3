using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Grpc.Tests;

/// <summary>gRPC by hand, over HttpClient, for what no gRPC client would send.</summary>
internal static class RawClient
{
    private const string Service = "loomflow.probe.v1.Probe";

    public static HttpClient Create() => new(new SocketsHttpHandler());

    public static byte[] Frame(byte[] message, byte flag = 0, uint? length = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static Task<HttpResponseMessage> CallAsync(HttpClient http, Uri address, string method, byte[] body, Action<HttpRequestMessage>? change = null) =>
        SendAsync(http, new Uri(address, $"/{Service}/{method}"), body, change);

    public static async Task<HttpResponseMessage> SendAsync(HttpClient http, Uri address, byte[] body, Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.ParseAdd("trailers");
        change?.Invoke(request);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestLimits.Token);
    }

    /// <summary>The status in the trailers, once the body has been read, or that of a trailers-only response.</summary>
    public static StatusCode StatusOf(HttpResponseMessage response) =>
        (StatusCode)int.Parse(Value(response, "grpc-status") ?? throw new InvalidOperationException("The response has no grpc-status."), CultureInfo.InvariantCulture);

    public static string? Value(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var trailer) ? trailer.Single()
        : response.Headers.TryGetValues(name, out var header) ? header.Single()
        : null;
}
