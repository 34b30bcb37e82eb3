using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>A raw HTTP/1.1 connection: what is sent is sent as it is, and of answers no more is read than where they end.</summary>
internal sealed class HttpConnection : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16_384];
    private int _start;
    private int _end;

    public static async Task<HttpConnection> OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        var connection = new HttpConnection();
        await connection._socket.ConnectAsync(IPAddress.Loopback, address.Port, cancellationToken);
        return connection;
    }

    public async Task SendAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await _socket.SendAsync(bytes.AsMemory(sent), cancellationToken);
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next answer's status; <see langword="null"/> where the server has closed the connection.</summary>
    public async Task<int?> ReadStatusAsync(bool isHead, CancellationToken cancellationToken)
    {
        var status = 100;
        while (status is 100)
        {
            if (await ReadLineAsync(cancellationToken) is not { } line) return null;
            status = int.Parse(line.AsSpan(line.IndexOf(' ', StringComparison.Ordinal) + 1, 3), CultureInfo.InvariantCulture);
            var (length, isChunked, closes) = (0L, false, false);
            while (await ReadLineAsync(cancellationToken) is { Length: > 0 } header)
            {
                var colon = header.IndexOf(':', StringComparison.Ordinal);
                var (name, value) = (header[..colon].ToLowerInvariant(), header[(colon + 1)..].Trim());
                if (name == "content-length") length = long.Parse(value, CultureInfo.InvariantCulture);
                if (name == "transfer-encoding") isChunked = true;
                if (name == "connection" && value == "close") closes = true;
            }

            if (isHead || status is 100 or 204 or 304) continue;
            if (isChunked) await SkipChunksAsync(cancellationToken);
            else if (!await SkipAsync(length, cancellationToken)) return status;
            if (closes) HalfClose();
        }

        return status;
    }

    /// <summary>Everything until the server closes the connection.</summary>
    public async Task<byte[]> ReadToEndAsync(CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        do all.Write(_buffer, _start, _end - _start);
        while (await FillAsync(cancellationToken));
        return all.ToArray();
    }

    /// <summary>Everything until the server closes the connection, or sends nothing for a while.</summary>
    public async Task<byte[]> ReadUntilQuietAsync(TimeSpan quiet, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(_buffer, cancellationToken).AsTask().WaitAsync(quiet, cancellationToken);
                if (received == 0) break;
                all.Write(_buffer, 0, received);
            }
        }
        catch (Exception end) when (end is TimeoutException or SocketException)
        {
            // Quiet, or reset.
        }

        return all.ToArray();
    }

    public void Dispose() => _socket.Dispose();

    private async Task SkipChunksAsync(CancellationToken cancellationToken)
    {
        while (await ReadLineAsync(cancellationToken) is { Length: > 0 } size)
        {
            var length = long.Parse(size, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (!await SkipAsync(length + 2, cancellationToken) || length == 0) return;
        }
    }

    private async Task<bool> SkipAsync(long count, CancellationToken cancellationToken)
    {
        while (count > _end - _start)
        {
            count -= _end - _start;
            if (!await FillAsync(cancellationToken)) return false;
        }

        _start += (int)count;
        return true;
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            while (_start < _end)
            {
                var unit = _buffer[_start++];
                if (unit == '\n') return line.ToString().TrimEnd('\r');
                line.Append((char)unit);
            }

            if (!await FillAsync(cancellationToken)) return null;
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            (_start, _end) = (0, await _socket.ReceiveAsync(_buffer, limit.Token));
            return _end > 0;
        }
        catch (SocketException)
        {
            // Reset: a server may be as rude to whom it refuses.
            (_start, _end) = (0, 0);
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The server has neither answered nor closed the connection for {s_patience.TotalSeconds} s.");
        }
    }
}
