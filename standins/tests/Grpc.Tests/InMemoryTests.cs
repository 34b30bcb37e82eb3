using Grpc.Tests.Probes;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;

namespace Grpc.Tests;

/// <summary>The same calls without a network, as tests of services make them.</summary>
public sealed class InMemoryTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task TestServer_ServesEveryKindOfCall()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton(new ProbeBehaviour());
        builder.Services.AddGrpc();
        await using var application = builder.Build();
        application.MapGrpcService<ProbeService>();
        await application.StartAsync(Token);
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = application.GetTestServer().CreateHandler() });
        var client = new Probe.ProbeClient(channel);

        (await client.EchoAsync(new Text { Value = "hello" }, cancellationToken: Token)).Value.ShouldBe("hello");
        using var count = client.Count(new Number { Value = 2 }, cancellationToken: Token);
        (await count.ResponseStream.ReadAllAsync(Token).CountAsync(Token)).ShouldBe(2);
        using var sum = client.Sum(cancellationToken: Token);
        await sum.RequestStream.WriteAsync(new Number { Value = 3 }, Token);
        await sum.RequestStream.CompleteAsync();
        (await sum).Value.ShouldBe(3);
        using var chat = client.Chat(cancellationToken: Token);
        await chat.RequestStream.WriteAsync(new Text { Value = "hi" }, Token);
        (await chat.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        chat.ResponseStream.Current.Value.ShouldBe("you said hi");
        await chat.RequestStream.CompleteAsync();
        (await chat.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        var missing = await Should.ThrowAsync<RpcException>(() => client.NeverWrittenAsync(new Text(), cancellationToken: Token).ResponseAsync);
        missing.StatusCode.ShouldBe(StatusCode.Unimplemented);
    }
}
