using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class MalformedRequestTests
{
    private static CancellationToken Token => TestLimits.Token;

    public static TheoryData<string, byte[], StatusCode[]> Bodies => new()
    {
        { "nothing", [], [StatusCode.Internal] },
        { "half a header", [0, 0], [StatusCode.Internal] },
        { "less than announced", RawClient.Frame([1, 2], length: 9), [StatusCode.Internal] },
        { "a second message", [.. RawClient.Frame([]), .. RawClient.Frame([])], [StatusCode.Internal] },
        { "bytes after the message", [.. RawClient.Frame([]), 1], [StatusCode.Internal] },
        { "an unknown flag", RawClient.Frame([], flag: 7), [StatusCode.Unknown] },
        { "compressed without an encoding", RawClient.Frame([1], flag: 1), [StatusCode.Internal] },
        { "larger than allowed", RawClient.Frame([], length: 5 * 1024 * 1024), [StatusCode.ResourceExhausted] },
        { "larger than an int", RawClient.Frame([], length: uint.MaxValue), [StatusCode.Unknown] },
        { "not a protobuf message", RawClient.Frame([0x0a, 0xff, 0xff]), [StatusCode.Unknown] },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_Malformed_IsAnsweredWithAStatus(string what, byte[] body, StatusCode[] expected)
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        foreach (var method in new[] { "Echo", "Count" })
        {
            using var response = await RawClient.CallAsync(http, host.Address, method, body);
            await response.Content.ReadAsByteArrayAsync(Token);

            response.StatusCode.ShouldBe(HttpStatusCode.OK, what);
            RawClient.StatusOf(response).ShouldBeOneOf(expected, what);
        }

        await StillServesAsync(host);
    }

    [Fact]
    public async Task Stream_EndsWithinAMessage_IsAnsweredWithAStatus()
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(http, host.Address, "Sum", [.. RawClient.Frame([8, 1]), .. RawClient.Frame([8], length: 2)]);
        await response.Content.ReadAsByteArrayAsync(Token);

        RawClient.StatusOf(response).ShouldBe(StatusCode.Internal);
        await StillServesAsync(host);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpcish")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task ContentType_NotGrpc_IsUnsupported(string? contentType)
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(http, host.Address, "Echo", RawClient.Frame([]), request =>
            request.Content!.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType));

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        RawClient.StatusOf(response).ShouldBe(StatusCode.Internal);
        await StillServesAsync(host);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc")]
    public async Task ContentType_VariantOfGrpc_IsServed(string contentType)
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(
            http, host.Address, "Echo", RawClient.Frame([]), request => request.Content!.Headers.ContentType = new MediaTypeHeaderValue(contentType));
        var body = await response.Content.ReadAsByteArrayAsync(Token);

        body.ShouldBe(RawClient.Frame([]));
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/grpc");
        RawClient.StatusOf(response).ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task Http1_Request_IsToldToUpgrade()
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(http, host.Http1Address, "Echo", RawClient.Frame([]), request => request.Version = HttpVersion.Version11);

        response.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
        response.Headers.Upgrade.Single().ToString().ShouldBe("HTTP/2");
        RawClient.StatusOf(response).ShouldBe(StatusCode.Internal);
    }

    [Fact]
    public async Task Get_OnAMethod_IsNotServed()
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(http, host.Address, "Echo", [], request =>
        {
            request.Method = HttpMethod.Get;
            request.Content = null;
        });

        response.StatusCode.ShouldBeOneOf(HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Header_WithBrokenBase64_FailsTheCallOnly()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, context) =>
            Task.FromResult(new Text { Value = $"{context.RequestHeaders.Count}" }));
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(
            http, host.Address, "Echo", RawClient.Frame([]), request => request.Headers.TryAddWithoutValidation("token-bin", "!"));
        await response.Content.ReadAsByteArrayAsync(Token);

        RawClient.StatusOf(response).ShouldBeOneOf(StatusCode.Internal, StatusCode.Unknown);
        await StillServesAsync(host);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nthis is not a frame, and never will be one")]
    [InlineData("\0\u0001\u0002\u0003 nonsense")]
    public async Task Connection_WithGarbage_TakesNobodyElseDown(string garbage)
    {
        await using var host = await ProbeHost.StartAsync();
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port, Token);
            var stream = socket.GetStream();
            var rest = new byte[1024];
            try
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(garbage), Token);
                socket.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(rest, Token) > 0)
                {
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                // Reset: the server has closed the connection its way.
            }
        }

        await StillServesAsync(host);
    }

    [Fact]
    public async Task Client_LeavesWithinAMessage_TakesNobodyElseDown()
    {
        var failed = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Sum = async (requests, _) =>
        {
            try
            {
                await requests.MoveNext();
            }
            catch (Exception)
            {
                failed.SetResult();
                throw;
            }

            return new Number();
        });

        var call = host.Client.Sum(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new Number { Value = 1 }, Token);
        call.Dispose();

        using var http = RawClient.Create();
        using var abort = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var hanging = http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, "/loomflow.probe.v1.Probe/Sum"))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new HalfAMessage(started),
            },
            abort.Token);
        await started.Task.WaitAsync(Token);
        await abort.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => hanging);
        await failed.Task.WaitAsync(Token);
        await StillServesAsync(host);
    }

    private static async Task StillServesAsync(ProbeHost host)
    {
        using var channel = GrpcChannel.ForAddress(host.Address);
        await new Probe.ProbeClient(channel).EchoAsync(new Text(), cancellationToken: Token);
    }

    private sealed class HalfAMessage : HttpContent
    {
        private readonly TaskCompletionSource _started;

        public HalfAMessage(TaskCompletionSource started)
        {
            _started = started;
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(RawClient.Frame([8], length: 2), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            _started.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
