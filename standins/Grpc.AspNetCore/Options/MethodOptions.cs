using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>What the options of all services and of one come to.</summary>
internal sealed class MethodOptions
{
    private const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    public MethodOptions(GrpcServiceOptions all, GrpcServiceOptions service)
    {
        MaxSendMessageSize = service.MaxSendMessageSizeSpecified ? service.MaxSendMessageSize : all.MaxSendMessageSize;
        MaxReceiveMessageSize = service.MaxReceiveMessageSizeSpecified ? service.MaxReceiveMessageSize
            : all.MaxReceiveMessageSizeSpecified ? all.MaxReceiveMessageSize
            : DefaultMaxReceiveMessageSize;
        EnableDetailedErrors = service.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false;
        ResponseCompressionAlgorithm = service.ResponseCompressionAlgorithm ?? all.ResponseCompressionAlgorithm;
        ResponseCompressionLevel = service.ResponseCompressionLevel ?? all.ResponseCompressionLevel;
        Compressions = (service.CompressionProvidersOrNull ?? all.CompressionProvidersOrNull) is { } providers
            ? new Compressions(providers)
            : Compressions.Default;
        Interceptors = [.. all.Interceptors, .. service.Interceptors];

        if (ResponseCompressionAlgorithm is not null && ResponseCompressionAlgorithm != "identity" && Compressions.Find(ResponseCompressionAlgorithm) is null)
        {
            throw new InvalidOperationException(
                $"The configured response compression algorithm '{ResponseCompressionAlgorithm}' does not have a matching compression provider: there are {Compressions.AcceptEncoding}.");
        }
    }

    public int? MaxSendMessageSize { get; }

    public int? MaxReceiveMessageSize { get; }

    public bool EnableDetailedErrors { get; }

    public string? ResponseCompressionAlgorithm { get; }

    public CompressionLevel? ResponseCompressionLevel { get; }

    public Compressions Compressions { get; }

    public IReadOnlyList<InterceptorRegistration> Interceptors { get; }
}
