using System.IO.Compression;
using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class CompressionTests
{
    private static readonly string s_text = new('x', 100_000);

    private static CancellationToken Token => TestLimits.Token;

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Messages_Compressed_AreRead(string encoding)
    {
        string? requestEncoding = null;
        long? requestSize = null;
        await using var host = await ProbeHost.StartAsync(
            behaviour => behaviour.Echo = (request, context) =>
            {
                requestEncoding = context.GetHttpContext().Request.Headers["grpc-encoding"];
                requestSize = request.CalculateSize();
                return Task.FromResult(request);
            },
            options => options.ResponseCompressionAlgorithm = encoding);

        var response = await host.Client.EchoAsync(
            new Text { Value = s_text }, new Metadata { { "grpc-internal-encoding-request", encoding } }, cancellationToken: Token);

        response.Value.ShouldBe(s_text);
        requestEncoding.ShouldBe(encoding);
        requestSize.ShouldNotBeNull().ShouldBeGreaterThan(100_000);
    }

    [Fact]
    public async Task Response_ToAClientThatAcceptsGzip_IsSmaller()
    {
        await using var host = await ProbeHost.StartAsync(
            behaviour => behaviour.Echo = (_, _) => Task.FromResult(new Text { Value = s_text }),
            options => options.ResponseCompressionAlgorithm = "gzip");
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(
            http, host.Address, "Echo", RawClient.Frame([]), request => request.Headers.Add("grpc-accept-encoding", "identity,gzip"));
        var body = await response.Content.ReadAsByteArrayAsync(Token);
        using var decompression = new GZipStream(new MemoryStream(body, 5, body.Length - 5), CompressionMode.Decompress);

        RawClient.Value(response, "grpc-encoding").ShouldBe("gzip");
        body[0].ShouldBe((byte)1);
        body.Length.ShouldBeLessThan(10_000);
        Text.Parser.ParseFrom(decompression).Value.ShouldBe(s_text);
    }

    [Fact]
    public async Task Response_ToAClientThatDoesNotAcceptGzip_IsPlain()
    {
        await using var host = await ProbeHost.StartAsync(configure: options => options.ResponseCompressionAlgorithm = "gzip");
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(http, host.Address, "Echo", RawClient.Frame([]));
        var body = await response.Content.ReadAsByteArrayAsync(Token);

        RawClient.Value(response, "grpc-encoding").ShouldBeNull();
        body[0].ShouldBe((byte)0);
    }

    [Fact]
    public async Task Response_WithNoCompress_IsPlain()
    {
        await using var host = await ProbeHost.StartAsync(
            behaviour => behaviour.Echo = (_, context) =>
            {
                context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
                return Task.FromResult(new Text { Value = s_text });
            },
            options => options.ResponseCompressionAlgorithm = "gzip");
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(
            http, host.Address, "Echo", RawClient.Frame([]), request => request.Headers.Add("grpc-accept-encoding", "gzip"));

        (await response.Content.ReadAsByteArrayAsync(Token))[0].ShouldBe((byte)0);
    }

    [Fact]
    public async Task Request_WithAnUnknownEncoding_IsUnimplementedAndNamesTheKnownOnes()
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(
            http, host.Address, "Echo", RawClient.Frame([1, 2, 3], flag: 1), request => request.Headers.Add("grpc-encoding", "snappy"));
        await response.Content.ReadAsByteArrayAsync(Token);

        RawClient.StatusOf(response).ShouldBe(StatusCode.Unimplemented);
        RawClient.Value(response, "grpc-accept-encoding").ShouldNotBeNull().Split(',').ShouldBe(["identity", "gzip", "deflate"], ignoreOrder: true);
    }

    [Fact]
    public async Task Request_ThatIsNoGzip_FailsTheCallOnly()
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(
            http, host.Address, "Echo", RawClient.Frame([1, 2, 3], flag: 1), request => request.Headers.Add("grpc-encoding", "gzip"));
        await response.Content.ReadAsByteArrayAsync(Token);

        RawClient.StatusOf(response).ShouldBeOneOf(StatusCode.Internal, StatusCode.Unknown);
        await host.Client.EchoAsync(new Text(), cancellationToken: Token);
    }
}
