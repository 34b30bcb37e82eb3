using System.Buffers;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Net.Protocol;

namespace Grpc.Net.Client.Http;

/// <summary>Takes messages off a response. What one read of the stream brings too much is kept for the next message.</summary>
internal sealed class MessageReader(Stream stream, Compressions compressions, string? encoding, int? limit) : IDisposable
{
    private const int UsualSize = 4096;
    private const int LargestKept = 64 * 1024;

    private readonly MessagePayload _payload = new();
    private byte[] _buffer = [];
    private int _start;
    private int _end;

    private int Available => _end - _start;

    /// <summary>Null at the end of the stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        if (Available < MessageFrame.HeaderSize && !await FillAsync(MessageFrame.HeaderSize, cancellationToken).ConfigureAwait(false))
        {
            return Available == 0
                ? null
                : throw new InvalidDataException("Unexpected end of content while reading the message header.");
        }

        var length = MessageFrame.ReadHeader(_buffer.AsSpan(_start, MessageFrame.HeaderSize), limit, out var compressed);
        var size = MessageFrame.HeaderSize + length;
        if (Available < size && !await FillAsync(size, cancellationToken).ConfigureAwait(false))
            throw new InvalidDataException("Unexpected end of content while reading the message content.");

        var bytes = new ReadOnlySequence<byte>(_buffer, _start + MessageFrame.HeaderSize, length);
        var message = _payload.Deserialize(compressed ? compressions.Decompress(encoding, bytes, limit) : bytes, deserializer);
        Consume(size);
        return message;
    }

    /// <summary>Reads on to the end of the stream, where the trailers are. False if there is another message instead.</summary>
    public async ValueTask<bool> ReadEndAsync(CancellationToken cancellationToken) =>
        Available == 0 && !await FillAsync(1, cancellationToken).ConfigureAwait(false);

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }

    private async ValueTask<bool> FillAsync(int size, CancellationToken cancellationToken)
    {
        Reserve(size);
        while (Available < size)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return false;

            _end += read;
        }

        return true;
    }

    private void Reserve(int size)
    {
        if (_buffer.Length - _start >= size)
            return;

        var target = _buffer.Length >= size ? _buffer : ArrayPool<byte>.Shared.Rent(Math.Max(size, UsualSize));
        _buffer.AsSpan(_start, Available).CopyTo(target);
        if (target != _buffer && _buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);

        _end = Available;
        _start = 0;
        _buffer = target;
    }

    private void Consume(int size)
    {
        _start += size;
        if (Available > 0)
            return;

        _start = _end = 0;
        if (_buffer.Length > LargestKept)
            Dispose();
    }
}
