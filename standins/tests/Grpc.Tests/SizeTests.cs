using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class SizeTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Request_LargerThanTheServerReceives_IsResourceExhausted()
    {
        await using var host = await ProbeHost.StartAsync(configure: options => options.MaxReceiveMessageSize = 100);

        await ShouldExhaustAsync(() => host.Client.EchoAsync(Text(200), cancellationToken: Token).ResponseAsync);

        (await host.Client.EchoAsync(Text(50), cancellationToken: Token)).Value.Length.ShouldBe(50);
    }

    [Fact]
    public async Task Request_LargerThanTheUsualLimit_IsResourceExhausted()
    {
        await using var host = await ProbeHost.StartAsync();

        await ShouldExhaustAsync(() => host.Client.EchoAsync(Text(4 * 1024 * 1024 + 1), cancellationToken: Token).ResponseAsync);
    }

    [Fact]
    public async Task Request_WithoutLimits_MayBeLarge()
    {
        await using var host = await ProbeHost.StartAsync(configure: options => options.MaxReceiveMessageSize = null);
        var (channel, client) = host.Connect(options => options.MaxReceiveMessageSize = null);
        using var _ = channel;

        (await client.EchoAsync(Text(6_000_000), cancellationToken: Token)).Value.Length.ShouldBe(6_000_000);
    }

    [Fact]
    public async Task Request_LargerThanTheClientSends_IsResourceExhausted()
    {
        await using var host = await ProbeHost.StartAsync();
        var (channel, client) = host.Connect(options => options.MaxSendMessageSize = 100);
        using var _ = channel;

        await ShouldExhaustAsync(() => client.EchoAsync(Text(200), cancellationToken: Token).ResponseAsync);
    }

    [Fact]
    public async Task Response_LargerThanTheServerSends_IsResourceExhausted()
    {
        await using var host = await ProbeHost.StartAsync(configure: options => options.MaxSendMessageSize = 100);

        await ShouldExhaustAsync(() => host.Client.EchoAsync(Text(200), cancellationToken: Token).ResponseAsync);
    }

    [Fact]
    public async Task Response_LargerThanTheClientReceives_IsResourceExhausted()
    {
        await using var host = await ProbeHost.StartAsync();
        var (channel, client) = host.Connect(options => options.MaxReceiveMessageSize = 100);
        using var _ = channel;

        await ShouldExhaustAsync(() => client.EchoAsync(Text(200), cancellationToken: Token).ResponseAsync);
    }

    [Fact]
    public async Task Stream_WithOneMessageTooLarge_IsResourceExhausted()
    {
        await using var host = await ProbeHost.StartAsync(
            behaviour => behaviour.Count = async (_, responses, _) =>
            {
                await responses.WriteAsync(new Number { Value = 1 });
                await responses.WriteAsync(new Number { Padding = ByteString.CopyFrom(new byte[200]) });
            },
            options => options.MaxReceiveMessageSize = 100);
        var (channel, client) = host.Connect(options => options.MaxReceiveMessageSize = 100);
        using var _ = channel;

        using var down = client.Count(new Number(), cancellationToken: Token);
        (await down.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        await ShouldExhaustAsync(() => down.ResponseStream.MoveNext(Token));

        using var up = client.Sum(cancellationToken: Token);
        await up.RequestStream.WriteAsync(new Number { Padding = ByteString.CopyFrom(new byte[200]) }, Token);
        await ShouldExhaustAsync(() => up.ResponseAsync);
    }

    [Fact]
    public async Task ServiceOptions_ComeBeforeThoseOfAll()
    {
        await using var host = await ProbeHost.StartAsync(
            configure: options => options.MaxReceiveMessageSize = 10,
            configureServer: server => server.AddServiceOptions<ProbeService>(options => options.MaxReceiveMessageSize = 1000));

        (await host.Client.EchoAsync(Text(200), cancellationToken: Token)).Value.Length.ShouldBe(200);
    }

    private static Text Text(int length) => new() { Value = new string('x', length) };

    private static async Task ShouldExhaustAsync(Func<Task> call) =>
        (await Should.ThrowAsync<RpcException>(call)).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
}
