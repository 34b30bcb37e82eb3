using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Loomflow.Testing;

/// <summary>A wire between two processes that a test can cut.</summary>
public sealed class CuttableProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _open = [];
    private readonly CancellationTokenSource _closed = new();
    private volatile int _target;
    private volatile bool _frozen;

    public CuttableProxy()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Where connections lead.</summary>
    public void LeadTo(int port) => _target = port;

    /// <summary>Cuts what is connected; new connections are let through.</summary>
    public void Cut()
    {
        while (_open.TryTake(out var socket)) socket.Dispose();
    }

    /// <summary>Cuts what is connected and refuses new connections.</summary>
    public void Close()
    {
        _closed.Cancel();
        _listener.Stop();
        Cut();
    }

    /// <summary>Keeps connections open and lets nothing through.</summary>
    public void Freeze() => _frozen = true;

    public void Dispose() => Close();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ConnectAsync(await _listener.AcceptSocketAsync(_closed.Token));
        }
        catch (Exception closed) when (closed is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task ConnectAsync(Socket incoming)
    {
        var outgoing = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            incoming.NoDelay = true;
            await outgoing.ConnectAsync(IPAddress.Loopback, _target);
            _open.Add(incoming);
            _open.Add(outgoing);
            await Task.WhenAll(PumpAsync(incoming, outgoing), PumpAsync(outgoing, incoming));
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Nobody listens there right now.
            incoming.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                if (!_frozen) await to.SendAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        to.Dispose();
    }
}
