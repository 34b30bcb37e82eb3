using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Loomflow.Testing;

/// <summary>A wire between two processes that a test can cut, and on which it can hold up or lose what is sent.</summary>
public sealed class CuttableProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Connection, byte> _open = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);
    private volatile int _target;
    private volatile bool _frozen;
    private int _connections;

    public CuttableProxy()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>How many connections there have been.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Where connections lead.</summary>
    public void LeadTo(int port) => _target = port;

    /// <summary>Cuts what is connected; new connections are let through.</summary>
    public void Cut()
    {
        foreach (var connection in _open.Keys) connection.Dispose();
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

    /// <summary>Loses what is answered on what is connected now.</summary>
    public void LoseAnswers()
    {
        foreach (var connection in _open.Keys) connection.LosesAnswers = true;
    }

    /// <summary>Holds up what is sent on what is connected now; new connections are let through.</summary>
    /// <returns>Sends what was held up.</returns>
    public Action HoldUp()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var connection in _open.Keys) connection.MayGo = go.Task;
        return go.SetResult;
    }

    /// <summary>Waits until something that contains a text has been sent, whether or not it was let through.</summary>
    public Task SentAsync(string text) => _awaited.GetOrAdd(text, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

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
        using var connection = new Connection(this, incoming);
        try
        {
            await connection.Outgoing.ConnectAsync(IPAddress.Loopback, _target);
            _open.TryAdd(connection, 0);
            Interlocked.Increment(ref _connections);
            await connection.RunAsync();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Nobody listens there right now, or it was cut.
        }

        _open.TryRemove(connection, out _);
    }

    private void Note(byte[] sent)
    {
        foreach (var (text, awaited) in _awaited)
        {
            if (sent.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0) awaited.TrySetResult();
        }
    }

    private sealed class Connection(CuttableProxy proxy, Socket incoming) : IDisposable
    {
        public Socket Outgoing { get; } = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public volatile bool LosesAnswers;

        public volatile Task MayGo = Task.CompletedTask;

        public async Task RunAsync()
        {
            incoming.NoDelay = true;
            var sent = Channel.CreateUnbounded<byte[]>();
            await Task.WhenAll(ReadAsync(sent.Writer), SendAsync(sent.Reader), AnswerAsync());
        }

        public void Dispose()
        {
            incoming.Dispose();
            Outgoing.Dispose();
        }

        private async Task ReadAsync(ChannelWriter<byte[]> sent)
        {
            await foreach (var chunk in ReadAsync(incoming))
            {
                var copy = chunk.ToArray();
                proxy.Note(copy);
                sent.TryWrite(copy);
            }

            sent.Complete();
        }

        private async Task SendAsync(ChannelReader<byte[]> sent)
        {
            await foreach (var chunk in sent.ReadAllAsync())
            {
                await MayGo;
                if (!proxy._frozen && !await TrySendAsync(Outgoing, chunk)) break;
            }

            Outgoing.Dispose();
        }

        private async Task AnswerAsync()
        {
            await foreach (var chunk in ReadAsync(Outgoing))
            {
                if (!proxy._frozen && !LosesAnswers && !await TrySendAsync(incoming, chunk)) break;
            }

            incoming.Dispose();
        }

        private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Socket from)
        {
            var buffer = new byte[16 * 1024];
            while (true)
            {
                int read;
                try
                {
                    read = await from.ReceiveAsync(buffer);
                }
                catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
                {
                    yield break;
                }

                if (read == 0) yield break;
                yield return buffer.AsMemory(0, read);
            }
        }

        private static async Task<bool> TrySendAsync(Socket to, ReadOnlyMemory<byte> chunk)
        {
            try
            {
                await to.SendAsync(chunk);
                return true;
            }
            catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }
}
