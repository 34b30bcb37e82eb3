using System.Buffers;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Grpc.Core;
using Grpc.Net.Protocol;

namespace Grpc.Net.Compression;

/// <summary>The compressions that one side knows, by name.</summary>
internal sealed class Compressions
{
    public static readonly Compressions Default =
        new([new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)]);

    private readonly Dictionary<string, ICompressionProvider> _providers;

    public Compressions(IEnumerable<ICompressionProvider> providers)
    {
        _providers = providers.ToDictionary(provider => provider.EncodingName, StringComparer.Ordinal);
        AcceptEncoding = string.Join(',', _providers.Keys.Prepend(GrpcHeaders.Identity));
    }

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public string AcceptEncoding { get; }

    public ICompressionProvider? Find(string? encoding) =>
        encoding is null or GrpcHeaders.Identity ? null : _providers.GetValueOrDefault(encoding);

    /// <summary>Unpacks a message; no more than <paramref name="limit"/> bytes of it, whatever it claims.</summary>
    public ReadOnlySequence<byte> Decompress(string? encoding, ReadOnlySequence<byte> message, int? limit)
    {
        if (encoding is null)
            throw Failed(StatusCode.Internal, "A message is compressed, but no grpc-encoding was sent.");
        if (encoding == GrpcHeaders.Identity)
            throw Failed(StatusCode.Internal, "A message is compressed, but grpc-encoding is 'identity'.");
        if (!_providers.TryGetValue(encoding, out var provider))
            throw Failed(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {AcceptEncoding.Replace(",", ", ", StringComparison.Ordinal)}");

        using var decompression = provider.CreateDecompressionStream(AsStream(message));
        var output = new ArrayBufferWriter<byte>();
        int read;
        while ((read = decompression.Read(output.GetSpan(4096))) > 0)
        {
            output.Advance(read);
            if (output.WrittenCount > limit)
                throw new RpcException(MessageFrame.TooLargeToReceive);
        }

        return new ReadOnlySequence<byte>(output.WrittenMemory);
    }

    public static ReadOnlyMemory<byte> Compress(ICompressionProvider provider, ReadOnlyMemory<byte> message, CompressionLevel? level)
    {
        var output = new MemoryStream();
        using (var compression = provider.CreateCompressionStream(output, level))
            compression.Write(message.Span);

        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    private static MemoryStream AsStream(ReadOnlySequence<byte> message) =>
        message.IsSingleSegment && MemoryMarshal.TryGetArray(message.First, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(message.ToArray(), writable: false);

    private static RpcException Failed(StatusCode code, string detail) => new(new Status(code, detail));
}
