using System.Globalization;
using Grpc.Tests.Probes;

namespace Grpc.Tests.Foreign;

public sealed class ForeignServerTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Theory]
    [InlineData("plain")]
    [InlineData("gzip")]
    public async Task Grpcio_ServesThisClient(string compression)
    {
        await using var server = Python.Run("server.py", compression);
        using var channel = await ConnectAsync(server);
        var client = new Probe.ProbeClient(channel);
        var metadata = compression == "gzip" ? new Metadata { { "grpc-internal-encoding-request", "gzip" } } : [];

        (await client.EchoAsync(new Text { Value = new string('z', 5000) }, metadata, cancellationToken: Token)).Value.Length.ShouldBe(5000);

        using var count = client.Count(new Number { Value = 3 }, metadata, cancellationToken: Token);
        (await count.ResponseStream.ReadAllAsync(Token).Select(number => number.Value).ToListAsync(Token)).ShouldBe([1L, 2, 3]);

        using var sum = client.Sum(metadata, cancellationToken: Token);
        foreach (var value in new[] { 1, 2, 39 })
            await sum.RequestStream.WriteAsync(new Number { Value = value }, Token);
        await sum.RequestStream.CompleteAsync();
        (await sum).Value.ShouldBe(42);

        using var chat = client.Chat(metadata, cancellationToken: Token);
        foreach (var word in new[] { "a", "b" })
        {
            await chat.RequestStream.WriteAsync(new Text { Value = word }, Token);
            (await chat.ResponseStream.MoveNext(Token)).ShouldBeTrue();
            chat.ResponseStream.Current.Value.ShouldBe($"you said {word}");
        }

        await chat.RequestStream.CompleteAsync();
        (await chat.ResponseStream.MoveNext(Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task Grpcio_Metadata_ArrivesBothWays()
    {
        await using var server = Python.Run("server.py");
        using var channel = await ConnectAsync(server);
        var client = new Probe.ProbeClient(channel);

        using var call = client.EchoAsync(new Text(), new Metadata { { "user-id", "ada" }, { "token-bin", [0, 255, 1, 2] } }, cancellationToken: Token);
        await call;

        (await call.ResponseHeadersAsync).GetValue("saw-user").ShouldBe("ada");
        (await call.ResponseHeadersAsync).GetValueBytes("saw-token-bin").ShouldBe([0, 255, 1, 2]);
        call.GetTrailers().GetValueBytes("proof-bin").ShouldBe([9, 8, 7, 6]);
    }

    [Fact]
    public async Task Grpcio_Errors_AreUnderstood()
    {
        await using var server = Python.Run("server.py");
        using var channel = await ConnectAsync(server);
        var client = new Probe.ProbeClient(channel);

        var failed = await Should.ThrowAsync<RpcException>(() => client.EchoAsync(new Text { Value = "error" }, cancellationToken: Token).ResponseAsync);
        var missing = await Should.ThrowAsync<RpcException>(() => client.NeverWrittenAsync(new Text(), cancellationToken: Token).ResponseAsync);
        var oversized = await Should.ThrowAsync<RpcException>(() =>
            client.EchoAsync(new Text { Value = new string('x', 2_000_000) }, cancellationToken: Token).ResponseAsync);

        failed.Status.ShouldBe(new Status(StatusCode.FailedPrecondition, "50 % größer 🎉"));
        failed.Trailers.GetValueBytes("grpc-status-details-bin").ShouldBe([1, 2, 3]);
        missing.StatusCode.ShouldBe(StatusCode.Unimplemented);
        oversized.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Grpcio_CallGivenUp_IsCancelledThere(bool byDeadline)
    {
        await using var server = Python.Run("server.py");
        using var channel = await ConnectAsync(server);
        var client = new Probe.ProbeClient(channel);
        using var cancellation = new CancellationTokenSource();

        using var call = client.EchoAsync(
            new Text { Value = "wait" }, deadline: byDeadline ? DateTime.UtcNow.AddSeconds(2) : null, cancellationToken: cancellation.Token);
        (await server.Output.ReadLineAsync(Token)).ShouldBe("waiting");
        if (!byDeadline)
            await cancellation.CancelAsync();

        (await Should.ThrowAsync<RpcException>(() => call.ResponseAsync)).StatusCode.ShouldBe(byDeadline ? StatusCode.DeadlineExceeded : StatusCode.Cancelled);
        (await server.Output.ReadLineAsync(Token)).ShouldBe("cancelled");
    }

    private static async Task<GrpcChannel> ConnectAsync(Python server)
    {
        var port = int.Parse((await server.Output.ReadLineAsync(Token))!, CultureInfo.InvariantCulture);
        return GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
    }
}
