using System.Net;

namespace Grpc.Net.Client.Http;

/// <summary>One message. It is serialized when the stream is there, and again should the connection be tried again.</summary>
internal sealed class UnaryContent<TRequest>(TRequest message, MessageWriter<TRequest> writer) : GrpcContent
    where TRequest : class
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        writer.WriteAsync(message, stream, cancellationToken);
}
