using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Run;

/// <summary>One port in front of several replicas. It balances connections, not requests, as the genuine proxy does.</summary>
internal sealed class ReplicaProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly IReadOnlyList<int> _targets;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private int _next = -1;

    public ReplicaProxy(int? port, IReadOnlyList<int> targets)
    {
        _targets = targets;
        using (var reserved = port is null ? ReservedPort.Allocate() : ReservedPort.Fixed(port.Value)) Port = reserved.Number;
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            _ = ServeAsync(client, _stopping.Token);
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken cancellationToken)
    {
        using (client)
        using (var target = await ConnectAsync(cancellationToken))
        {
            if (target is null) return;

            client.NoDelay = target.NoDelay = true;
            var (front, back) = (client.GetStream(), target.GetStream());
            await Task.WhenAll(PumpAsync(front, back, target, cancellationToken), PumpAsync(back, front, client, cancellationToken))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Connects to the next replica, or to the one after it if that is down.</summary>
    private async Task<TcpClient?> ConnectAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < _targets.Count; attempt++)
        {
            var target = new TcpClient();
            try
            {
                var index = (int)((uint)Interlocked.Increment(ref _next) % (uint)_targets.Count);
                await target.ConnectAsync(IPAddress.Loopback, _targets[index], cancellationToken);
                return target;
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                target.Dispose();
            }
        }

        return null;
    }

    private static async Task PumpAsync(NetworkStream from, NetworkStream to, TcpClient toClient, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, cancellationToken);
            toClient.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            toClient.Close();
        }
    }
}
