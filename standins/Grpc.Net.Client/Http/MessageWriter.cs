using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Net.Protocol;

namespace Grpc.Net.Client.Http;

/// <summary>Puts messages on a request stream, header and content in one write.</summary>
internal sealed class MessageWriter<TRequest>(Marshaller<TRequest> marshaller, Compressions compressions, string? encoding, int? limit)
    where TRequest : class
{
    private readonly FrameSerializer _serializer = new(limit, compressionLevel: null);

    public WriteOptions? WriteOptions { get; set; }

    public async Task WriteAsync(TRequest message, Stream stream, CancellationToken cancellationToken)
    {
        using var buffer = new PooledBuffer();
        _serializer.Write(message, marshaller.ContextualSerializer, buffer, Compression());
        await stream.WriteAsync(buffer.Written, cancellationToken).ConfigureAwait(false);
    }

    private ICompressionProvider? Compression()
    {
        if (encoding is null or GrpcHeaders.Identity || (WriteOptions?.Flags ?? default).HasFlag(WriteFlags.NoCompress))
            return null;

        return compressions.Find(encoding)
            ?? throw new InvalidOperationException($"Could not find compression provider for '{encoding}': the channel has {compressions.AcceptEncoding}.");
    }
}
