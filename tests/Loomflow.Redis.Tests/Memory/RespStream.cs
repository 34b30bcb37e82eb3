using System.Globalization;
using System.Text;

namespace Loomflow.Redis.Tests.Memory;

/// <summary>Reads whole RESP2 values from a stream and keeps their bytes.</summary>
internal sealed class RespStream(Stream stream)
{
    private readonly BufferedStream _reader = new(stream, 65_536);
    private MemoryStream _raw = new();

    public Stream Stream => stream;

    /// <summary>The next value: its bytes, and where it is an array of strings, those; <see langword="null"/> at the end.</summary>
    public async Task<(byte[] Raw, List<byte[]> Items)?> ReadAsync(CancellationToken cancellationToken)
    {
        _raw = new MemoryStream();
        var items = new List<byte[]>();
        return await ReadValueAsync(items, cancellationToken) ? (_raw.ToArray(), items) : null;
    }

    /// <summary>Passes on what is left, with what has been read ahead.</summary>
    public Task CopyRestAsync(Stream to, CancellationToken cancellationToken) => _reader.CopyToAsync(to, cancellationToken);

    private async Task<bool> ReadValueAsync(List<byte[]> items, CancellationToken cancellationToken)
    {
        if (await ReadLineAsync(cancellationToken) is not { Length: > 0 } line) return false;
        if (line[0] is '$' or '*')
        {
            var length = int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
            if (line[0] == '*')
            {
                for (var i = 0; i < length; i++) await ReadValueAsync(items, cancellationToken);
            }
            else if (length >= 0)
            {
                var bytes = new byte[length + 2];
                await _reader.ReadExactlyAsync(bytes, cancellationToken);
                _raw.Write(bytes);
                items.Add(bytes[..length]);
            }
        }

        return true;
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await _reader.ReadAsync(one, cancellationToken) == 1)
        {
            _raw.WriteByte(one[0]);
            if (one[0] == '\n') return line.ToString(0, line.Length - 1);
            line.Append((char)one[0]);
        }

        return null;
    }
}
