using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Loomflow.Testing;

/// <summary>
/// A wire between one process and redis-server that understands commands, so that a test can have the process stop at any of its writes: just before
/// Redis sees it, or when Redis has carried it out and the process does not know.
/// </summary>
public sealed class RedisWire : IDisposable
{
    /// <summary>Commands that change nothing. What is not among them counts as a write.</summary>
    private static readonly HashSet<string> s_reads = new(StringComparer.OrdinalIgnoreCase)
    {
        "GET", "MGET", "STRLEN", "EXISTS", "TYPE", "TTL", "PTTL", "HGET", "HMGET", "HGETALL", "HEXISTS", "HLEN", "HKEYS", "HVALS", "LRANGE", "LLEN", "SMEMBERS", "SISMEMBER",
        "SMISMEMBER", "SCARD", "ZRANGE", "ZRANGEBYSCORE", "ZREVRANGE", "ZREVRANGEBYSCORE", "ZRANK", "ZREVRANK", "ZSCORE", "ZMSCORE", "ZCARD", "ZCOUNT", "XRANGE", "XREVRANGE",
        "XLEN", "XREAD", "XPENDING", "XINFO", "EVAL_RO", "EVALSHA_RO", "TIME", "PING", "ECHO", "HELLO", "AUTH", "SELECT", "CLIENT", "CONFIG", "INFO", "CLUSTER", "COMMAND", "SENTINEL",
        "SCRIPT", "SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "MULTI", "WATCH", "UNWATCH", "DISCARD", "QUIT",
    };

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _open = [];
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _lock = new();
    private readonly List<string> _writes = [];
    private readonly int _redis;
    private TaskCompletionSource<string>? _reached;
    private int _stopAt;
    private bool _carriedOut;
    private bool _halted;

    /// <param name="redis">The port of redis-server.</param>
    public RedisWire(int redis)
    {
        _redis = redis;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Host and port, as in <c>127.0.0.1:40123</c>.</summary>
    public string Endpoint => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>The writes since <see cref="StopAt"/> or <see cref="Reset"/>, in order.</summary>
    public IReadOnlyList<string> Writes
    {
        get { lock (_lock) return [.. _writes]; }
    }

    /// <summary>Has everything stop at one of the writes from now on: nothing after it comes through, in either direction.</summary>
    /// <param name="write">Which, from 1.</param>
    /// <param name="carriedOut">Whether Redis carries that write out; the answer is lost either way.</param>
    /// <returns>The write, once it is reached.</returns>
    public Task<string> StopAt(int write, bool carriedOut)
    {
        lock (_lock)
        {
            _writes.Clear();
            (_stopAt, _carriedOut) = (write, carriedOut);
            _reached = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _reached.Task;
        }
    }

    /// <summary>Cuts what is connected; new connections are let through, to any number of writes.</summary>
    public void Reset()
    {
        while (_open.TryTake(out var socket)) socket.Dispose();
        lock (_lock)
        {
            _writes.Clear();
            _stopAt = 0;
            _halted = false;
        }
    }

    public void Dispose()
    {
        _closed.Cancel();
        _listener.Dispose();
        Reset();
    }

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
            await outgoing.ConnectAsync(IPAddress.Loopback, _redis);
            _open.Add(incoming);
            _open.Add(outgoing);
            var connection = new Connection(this, new RespStream(new NetworkStream(incoming)), new RespStream(new NetworkStream(outgoing)));
            await Task.WhenAny(connection.SendAsync(), connection.AnswerAsync());
        }
        catch (Exception gone) when (gone is SocketException or IOException or ObjectDisposedException)
        {
            // Redis is away, or the wire was cut.
        }

        incoming.Dispose();
        outgoing.Dispose();
    }

    /// <summary>Whether a command may go to Redis, and whether it is the one whose answer is awaited for everything to stop.</summary>
    private (bool Pass, bool IsLast) Admit(string name, List<byte[]> command, bool inTransaction)
    {
        lock (_lock)
        {
            if (_halted) return (false, false);
            if (inTransaction || s_reads.Contains(name)) return (true, false);
            _writes.Add(Describe(name, command));
            if (_writes.Count != _stopAt) return (true, false);
            _halted = true;
            if (!_carriedOut) _reached!.TrySetResult(_writes[^1]);
            return (_carriedOut, _carriedOut);
        }
    }

    private void Answered()
    {
        lock (_lock) _reached!.TrySetResult(_writes[^1]);
    }

    /// <summary>A command in short: its name and its keys, as far as they can be told.</summary>
    private static string Describe(string name, List<byte[]> command)
    {
        var keys = name is "EVAL" or "EVALSHA" && int.TryParse(Encoding.UTF8.GetString(command[2]), out var count) ? command.Skip(3).Take(count) : command.Skip(1).Take(1);
        return $"{name} {string.Join(' ', keys.Select(Encoding.UTF8.GetString))}";
    }

    /// <summary>One connection, both ways.</summary>
    private sealed class Connection(RedisWire wire, RespStream process, RespStream redis)
    {
        // For every command under way, whether it is the last one that comes through.
        private readonly ConcurrentQueue<bool> _underWay = new();
        private bool _inTransaction;
        private volatile bool _subscribed;

        public async Task SendAsync()
        {
            while (await process.ReadAsync(wire._closed.Token) is var (raw, command))
            {
                var name = command.Count > 0 ? Encoding.UTF8.GetString(command[0]).ToUpperInvariant() : "";
                if (name is "EXEC" or "DISCARD") _inTransaction = false;
                if (name is "SUBSCRIBE" or "PSUBSCRIBE") _subscribed = true;
                var (pass, isLast) = wire.Admit(name, command, _inTransaction);
                if (name == "MULTI") _inTransaction = true;
                if (!pass) await Task.Delay(Timeout.Infinite, wire._closed.Token);
                _underWay.Enqueue(isLast);
                await redis.Stream.WriteAsync(raw, wire._closed.Token);
            }
        }

        public async Task AnswerAsync()
        {
            while (await redis.ReadAsync(wire._closed.Token) is var (raw, _))
            {
                // Where something is subscribed to, and with pushes, the server speaks unasked.
                if (!_subscribed && raw[0] != (byte)'>' && _underWay.TryDequeue(out var isLast) && isLast)
                {
                    wire.Answered();
                    await Task.Delay(Timeout.Infinite, wire._closed.Token);
                }

                await process.Stream.WriteAsync(raw, wire._closed.Token);
            }
        }
    }
}
