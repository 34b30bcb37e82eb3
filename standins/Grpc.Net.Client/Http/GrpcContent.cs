using System.Net;
using System.Net.Http.Headers;
using Grpc.Net.Protocol;

namespace Grpc.Net.Client.Http;

/// <summary>A request body of messages, of a length that is not known beforehand.</summary>
internal abstract class GrpcContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_contentType = new(GrpcHeaders.ContentType);

    protected GrpcContent() => Headers.ContentType = s_contentType;

    protected abstract override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken);

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected sealed override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
