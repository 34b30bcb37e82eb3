using System.Net;
using Grpc.Tests.Probes;
using Microsoft.AspNetCore.Http;

namespace Grpc.Tests;

public sealed class StatusTests
{
    private static CancellationToken Token => TestLimits.Token;

    public static TheoryData<StatusCode> Errors => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Error_ThrownByTheMethod_ReachesTheClient(StatusCode code)
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, _) => throw new RpcException(new Status(code, "because")));

        using var call = host.Client.EchoAsync(new Text(), cancellationToken: Token);
        var exception = await Should.ThrowAsync<RpcException>(() => call.ResponseAsync);

        exception.StatusCode.ShouldBe(code);
        exception.Status.Detail.ShouldBe("because");
        call.GetStatus().StatusCode.ShouldBe(code);
    }

    [Theory]
    [InlineData("größer als 100 % — 決定 🎉")]
    [InlineData("line one\r\nline two\ttabbed")]
    [InlineData("100%25 literally")]
    [InlineData("~tilde and \u007f delete")]
    public async Task Detail_WithAnyCharacters_ReachesTheClient(string detail)
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, _) => throw new RpcException(new Status(StatusCode.Aborted, detail)));

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.Status.Detail.ShouldBe(detail);
    }

    [Fact]
    public async Task Status_SetOnTheContext_ReachesTheClient()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = async (_, responses, context) =>
        {
            await responses.WriteAsync(new Number { Value = 1 });
            context.Status = new Status(StatusCode.OutOfRange, "no more numbers");
        });

        using var call = host.Client.Count(new Number(), cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        var exception = await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));

        exception.StatusCode.ShouldBe(StatusCode.OutOfRange);
        exception.Status.Detail.ShouldBe("no more numbers");
    }

    [Fact]
    public async Task Exception_FromTheMethod_IsUnknownAndKeepsItsSecret()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, _) => throw new InvalidOperationException("the password is 123"));

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Unknown);
        exception.Status.Detail.ShouldBe("Exception was thrown by handler.");
    }

    [Fact]
    public async Task Exception_WithDetailedErrors_IsTold()
    {
        await using var host = await ProbeHost.StartAsync(
            behaviour => behaviour.Echo = (_, _) => throw new InvalidOperationException("the index is stale"),
            options => options.EnableDetailedErrors = true);

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.Status.Detail.ShouldContain("InvalidOperationException: the index is stale");
    }

    [Fact]
    public async Task Null_FromTheMethod_IsCancelled()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, _) => Task.FromResult<Text>(null!));

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public async Task HttpStatus_FromSomethingThatIsNotGrpc_IsMapped(int httpStatus, StatusCode expected)
    {
        await using var host = await ProbeHost.StartAsync(map: application => application.Run(context =>
        {
            context.Response.StatusCode = httpStatus;
            return Task.CompletedTask;
        }));

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(expected);
        exception.Status.Detail.ShouldContain($"{httpStatus}");
    }

    [Fact]
    public async Task Response_ThatIsNotGrpc_IsRefused()
    {
        await using var host = await ProbeHost.StartAsync(map: application => application.Run(context => context.Response.WriteAsync("<html>hello</html>")));

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Fact]
    public async Task Response_WithoutStatus_IsNoSuccess()
    {
        await using var host = await ProbeHost.StartAsync(map: application => application.Run(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(RawClient.Frame([]));
        }));

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 })]
    [InlineData(new byte[] { 7, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    public async Task Response_WithAMalformedBody_IsAnError(byte[] body)
    {
        await using var host = await ProbeHost.StartAsync(map: application => application.Run(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(body);
            context.Response.AppendTrailer("grpc-status", "0");
        }));

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Internal);
    }

    [Fact]
    public async Task Response_TrailersOnly_IsUnderstood()
    {
        await using var host = await ProbeHost.StartAsync(map: application => application.Run(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "5";
            context.Response.Headers["grpc-message"] = "nothing%20here";
            context.Response.Headers["proof-bin"] = "AAEC";
            return Task.CompletedTask;
        }));

        using var call = host.Client.Count(new Number(), cancellationToken: Token);
        var exception = await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));

        exception.Status.ShouldBe(new Status(StatusCode.NotFound, "nothing here"));
        exception.Trailers.GetValueBytes("proof-bin").ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task Response_TrailersOnlyWithOk_IsAnErrorWhereAResponseIsDue()
    {
        await using var host = await ProbeHost.StartAsync(map: application => application.Run(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "0";
            return Task.CompletedTask;
        }));

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);
        using var stream = host.Client.Count(new Number(), cancellationToken: Token);

        exception.StatusCode.ShouldBe(StatusCode.Internal);
        (await stream.ResponseStream.MoveNext(Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task Server_NotThere_IsUnavailable()
    {
        Uri address;
        await using (var host = await ProbeHost.StartAsync())
            address = host.Address;
        using var channel = GrpcChannel.ForAddress(address);

        var exception = await Should.ThrowAsync<RpcException>(() => new Probe.ProbeClient(channel).EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact]
    public async Task Server_AbortsTheConnection_EndsTheCall()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = async (_, responses, context) =>
        {
            await responses.WriteAsync(new Number { Value = 1 });
            context.GetHttpContext().Abort();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });

        using var call = host.Client.Count(new Number(), cancellationToken: Token);
        var exception = await Should.ThrowAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(Token))
            {
            }
        });

        exception.StatusCode.ShouldBeOneOf(StatusCode.Internal, StatusCode.Unavailable, StatusCode.Cancelled);
    }
}
