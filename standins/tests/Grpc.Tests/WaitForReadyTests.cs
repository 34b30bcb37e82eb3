using System.Net;
using System.Net.Sockets;
using Grpc.Tests.Probes;
using Loomflow.Testing;

namespace Grpc.Tests;

public sealed class WaitForReadyTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Call_ThatWaits_SucceedsOnceTheServerIsThere()
    {
        await using var host = await ProbeHost.StartAsync();
        var port = FreePort.Next();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        using var call = new Probe.ProbeClient(channel).EchoAsync(new Text { Value = "at last" }, new CallOptions(cancellationToken: Token).WithWaitForReady());

        // The port is answered only from here on: everything on it goes to the probe.
        using var forwarding = new CancellationTokenSource();
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        var forward = ForwardAsync(listener, host.Address.Port, forwarding.Token);

        (await call).Value.ShouldBe("at last");
        await forwarding.CancelAsync();
        channel.Dispose();
        await forward;
    }

    [Fact]
    public async Task Call_ThatWaits_GivesUpAtItsDeadline()
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{FreePort.Next()}");
        var options = new CallOptions(deadline: DateTime.UtcNow.AddMilliseconds(500), cancellationToken: Token).WithWaitForReady();

        var exception = await Should.ThrowAsync<RpcException>(() => new Probe.ProbeClient(channel).EchoAsync(new Text(), options).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    private static async Task ForwardAsync(TcpListener listener, int port, CancellationToken cancellationToken)
    {
        try
        {
            using var incoming = await listener.AcceptTcpClientAsync(cancellationToken);
            using var outgoing = new TcpClient();
            await outgoing.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            await Task.WhenAny(
                incoming.GetStream().CopyToAsync(outgoing.GetStream(), cancellationToken),
                outgoing.GetStream().CopyToAsync(incoming.GetStream(), cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The test has what it wanted.
        }
    }
}
