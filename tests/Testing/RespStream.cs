using System.Globalization;
using System.Text;

namespace Loomflow.Testing;

/// <summary>Reads whole values of Redis's protocol, RESP2 and RESP3, from a stream and keeps their bytes.</summary>
public sealed class RespStream(Stream stream)
{
    private readonly BufferedStream _reader = new(stream, 65_536);
    private MemoryStream _raw = new();

    public Stream Stream => stream;

    /// <summary>The next value: its bytes, and the strings in it; <see langword="null"/> at the end.</summary>
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
        switch (line[0])
        {
            // Arrays, sets, pushes; and maps, which have a key and a value for each of their length.
            case '*' or '~' or '>' or '%':
                var values = int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) * (line[0] == '%' ? 2 : 1);
                for (var i = 0; i < values; i++) await ReadValueAsync(items, cancellationToken);
                break;
            case '$' or '=' or '!' when int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) is >= 0 and var length:
                var bytes = new byte[length + 2];
                await _reader.ReadExactlyAsync(bytes, cancellationToken);
                _raw.Write(bytes);
                items.Add(bytes[..length]);
                break;
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
