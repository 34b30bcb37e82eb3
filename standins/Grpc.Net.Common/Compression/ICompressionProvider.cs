using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>A message compression, by its <c>grpc-encoding</c> name.</summary>
public interface ICompressionProvider
{
    string EncodingName { get; }

    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    Stream CreateDecompressionStream(Stream stream);
}
