using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>Bad gRPC calls inside good HTTP/2: broken protobuf, broken message frames, odd metadata, unknown methods.</summary>
internal sealed class GrpcFuzz(Uri address, Target target, Findings findings) : IDisposable
{
    // What the gRPC specification has a server say to broken message framing.
    private static readonly string[] s_framing =
        ["Incomplete message", "Additional data", "A message is compressed", "Request did not include grpc-encoding", "Request sent 'identity'", "Unsupported grpc-encoding", "is not supported"];

    // What is no message ends like this, as in every service of grpc-dotnet: it is read before any code of a service, interceptors included.
    private const string Thrown = "Exception was thrown by handler.";

    // A stream whose end was not asked for in time would go on for good.
    private static readonly TimeSpan s_enough = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null, EnableMultipleHttp2Connections = true })
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(60),
    };

    public async Task RunAsync(Mutator mutator, int calls, CancellationToken cancellationToken)
    {
        for (var left = calls; left > 0; left--) await CallAsync(mutator, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task CallAsync(Mutator mutator, CancellationToken cancellationToken)
    {
        var (path, message) = mutator.Any(target.Calls);
        if (mutator.Chance(0.03)) path += mutator.Any(["/x", "x", "%00", "?a=b"]);
        var body = Body(mutator, message);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(mutator.Chance(0.97) ? "application/grpc" : mutator.Any(["application/json", "application/grpc+json", "application/grpc-web", "text/plain"]));
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (mutator.Chance(0.97)) request.Headers.TryAddWithoutValidation("authorization", $"Bearer {target.ServiceCredential}");
        request.Headers.TryAddWithoutValidation("grpc-timeout", mutator.Chance(0.95) ? "50m" : mutator.Any(["0n", "-1S", "99999999999H", "1", "abc", ""]));
        if (mutator.Chance(0.05)) request.Headers.TryAddWithoutValidation("grpc-encoding", mutator.Any(["gzip", "identity", "brotli", "", "gzip,gzip"]));
        if (mutator.Chance(0.05)) request.Headers.TryAddWithoutValidation("x-data-bin", mutator.Any(["AAAA", "@@@", "A", "AA==,BB==", ""]));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(s_enough);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, enough.Token);
            await response.Content.CopyToAsync(Stream.Null, enough.Token);
            Look(path, body, message, response);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && enough.IsCancellationRequested)
        {
            findings.Answered("gRPC", "a stream that goes on");
        }
        catch (HttpRequestException broken)
        {
            findings.Answered("gRPC", $"stream ended: {broken.HttpRequestError}");
        }
        catch (HttpProtocolException reset)
        {
            findings.Answered("gRPC", $"stream reset: {reset.ErrorCode}");
        }
    }

    private void Look(string path, byte[] body, IMessage message, HttpResponseMessage response)
    {
        if (Header(response, "grpc-status") is not { } status)
        {
            findings.Answered("gRPC", $"HTTP {(int)response.StatusCode}");
            if (response.StatusCode >= HttpStatusCode.InternalServerError) findings.Add($"HTTP status {(int)response.StatusCode} for {path} with {Convert.ToHexString(body)}");
            return;
        }

        var detail = Uri.UnescapeDataString(Header(response, "grpc-message") ?? "");
        var isBad = status switch
        {
            "2" => detail != Thrown || !IsNoMessage(body, message),
            "13" => !s_framing.Any(text => detail.Contains(text, StringComparison.Ordinal)),
            "15" => true,
            _ => false,
        };
        findings.Answered("gRPC", status is "2" or "13" or "15" ? $"{status} {detail}" : status);
        if (isBad) findings.Add($"gRPC status {status} '{detail}' for {path} with {Convert.ToHexString(body)}");
    }

    /// <summary>Whether one of the messages cannot be read, other than for being too short.</summary>
    private static bool IsNoMessage(ReadOnlySpan<byte> body, IMessage message)
    {
        while (body.Length >= 5)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(body[1..]);
            if (body[0] != 0 || length > int.MaxValue) return true;
            if (body.Length - 5 < length) return false;
            try
            {
                message.Descriptor.Parser.ParseFrom(body.Slice(5, (int)length));
            }
            catch (InvalidProtocolBufferException)
            {
                return true;
            }

            body = body[(5 + (int)length)..];
        }

        return false;
    }

    private static byte[] Body(Mutator mutator, IMessage message)
    {
        var content = mutator.Chance(0.3) ? mutator.Mutate(message.ToByteArray()) : MessageVariants.Of(message, mutator).ToByteArray();
        var framed = Frame(content);
        return mutator.Next(20) switch
        {
            0 => mutator.Mutate(framed),
            1 => [.. framed, .. framed],
            2 => [],
            3 => framed[..mutator.Next(framed.Length)],
            4 => [.. framed, .. mutator.Awkward()],
            _ => framed,
        };
    }

    private static byte[] Frame(byte[] content)
    {
        var framed = new byte[content.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), content.Length);
        content.CopyTo(framed, 5);
        return framed;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var trailing) || response.Headers.TryGetValues(name, out trailing) ? trailing.First() : null;
}
