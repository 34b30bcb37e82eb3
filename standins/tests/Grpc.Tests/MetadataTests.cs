using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class MetadataTests
{
    private static readonly byte[] s_bytes = [0, 1, 2, 250, 255];

    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task RequestHeaders_TextAndBytes_ReachTheServer()
    {
        Metadata? seen = null;
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, context) =>
        {
            seen = context.RequestHeaders;
            return Task.FromResult(request);
        });
        var headers = new Metadata { { "User-Id", "ada" }, { "token-bin", s_bytes }, { "empty-bin", [] } };

        await host.Client.EchoAsync(new Text(), headers, cancellationToken: Token);

        seen.ShouldNotBeNull();
        seen.GetValue("user-id").ShouldBe("ada");
        seen.GetValueBytes("token-bin").ShouldBe(s_bytes);
        seen.GetValueBytes("empty-bin").ShouldBe([]);
        seen.Get("grpc-accept-encoding").ShouldBeNull();
        seen.Get("content-type").ShouldBeNull();
    }

    [Theory]
    [InlineData("AAEC+v8=", new byte[] { 0, 1, 2, 250, 255 })]
    [InlineData("AAEC+v8", new byte[] { 0, 1, 2, 250, 255 })]
    [InlineData("AAEC+g==", new byte[] { 0, 1, 2, 250 })]
    [InlineData("AAEC+g", new byte[] { 0, 1, 2, 250 })]
    public async Task RequestHeaders_BytesWithAndWithoutPadding_AreRead(string base64, byte[] expected)
    {
        byte[]? seen = null;
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, context) =>
        {
            seen = context.RequestHeaders.GetValueBytes("token-bin");
            return Task.FromResult(request);
        });
        using var http = RawClient.Create();

        using var response = await RawClient.CallAsync(
            http, host.Address, "Echo", RawClient.Frame([]), request => request.Headers.TryAddWithoutValidation("token-bin", base64));
        await response.Content.ReadAsByteArrayAsync(Token);

        RawClient.StatusOf(response).ShouldBe(StatusCode.OK);
        seen.ShouldBe(expected);
    }

    [Fact]
    public async Task ResponseHeaders_TextAndBytes_ReachTheClientBeforeTheResponse()
    {
        var seen = new TaskCompletionSource();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "worker", "billing-1" }, { "proof-bin", s_bytes } });
            await seen.Task.WaitAsync(context.CancellationToken);
            return request;
        });

        using var call = host.Client.EchoAsync(new Text(), cancellationToken: Token);
        var headers = await call.ResponseHeadersAsync.WaitAsync(Token);
        call.ResponseAsync.IsCompleted.ShouldBeFalse();
        seen.SetResult();
        await call;

        headers.GetValue("worker").ShouldBe("billing-1");
        headers.GetValueBytes("proof-bin").ShouldBe(s_bytes);
    }

    [Fact]
    public async Task ResponseHeaders_Twice_AreRefused()
    {
        Exception? refused = null;
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync([]);
            refused = await Record.ExceptionAsync(() => context.WriteResponseHeadersAsync([]));
            return request;
        });

        await host.Client.EchoAsync(new Text(), cancellationToken: Token);

        refused.ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public async Task ResponseTrailers_OfASuccess_ReachTheClient()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, context) =>
        {
            context.ResponseTrailers.Add("tokens", "17");
            context.ResponseTrailers.Add("proof-bin", s_bytes);
            return Task.FromResult(request);
        });

        using var call = host.Client.EchoAsync(new Text(), cancellationToken: Token);
        await call;

        call.GetTrailers().GetValue("tokens").ShouldBe("17");
        call.GetTrailers().GetValueBytes("proof-bin").ShouldBe(s_bytes);
    }

    [Fact]
    public async Task ResponseTrailers_OfAStream_ReachTheClientAtItsEnd()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = async (_, responses, context) =>
        {
            await responses.WriteAsync(new Number { Value = 1 });
            context.ResponseTrailers.Add("tokens", "17");
        });

        using var call = host.Client.Count(new Number(), cancellationToken: Token);
        while (await call.ResponseStream.MoveNext(Token))
        {
        }

        call.GetTrailers().GetValue("tokens").ShouldBe("17");
    }

    [Fact]
    public async Task ResponseTrailers_OfAnError_AreOnTheException()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) =>
        {
            context.ResponseTrailers.Add("from", "context");
            throw new RpcException(new Status(StatusCode.NotFound, "no such order"), new Metadata { { "grpc-status-details-bin", s_bytes } });
        });

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.NotFound);
        exception.Status.Detail.ShouldBe("no such order");
        exception.Trailers.GetValue("from").ShouldBe("context");
        exception.Trailers.GetValueBytes("grpc-status-details-bin").ShouldBe(s_bytes);
    }

    [Fact]
    public async Task Context_OfACall_TellsWhereItComesFrom()
    {
        string? method = null, host_ = null, peer = null;
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (request, context) =>
        {
            (method, host_, peer) = (context.Method, context.Host, context.Peer);
            context.GetHttpContext().Request.Protocol.ShouldBe("HTTP/2");
            context.AuthContext.IsPeerAuthenticated.ShouldBeFalse();
            return Task.FromResult(request);
        });

        await host.Client.EchoAsync(new Text(), cancellationToken: Token);

        method.ShouldBe("/loomflow.probe.v1.Probe/Echo");
        host_.ShouldBe(host.Address.Authority);
        peer!.ShouldStartWith("ipv4:127.0.0.1:");
    }

    [Fact]
    public void Entry_KeysAndValues_AreChecked()
    {
        var metadata = new Metadata { { "A", "1" }, { "a", "2" } };

        metadata.GetValue("a").ShouldBe("2");
        metadata.GetAll("A").Select(entry => entry.Value).ShouldBe(["1", "2"]);
        Should.Throw<ArgumentException>(() => metadata.Add("has space", "x"));
        Should.Throw<ArgumentException>(() => metadata.Add("text-bin", "x"));
        Should.Throw<ArgumentException>(() => metadata.Add("bytes", [1]));
        Should.Throw<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
    }
}
