using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>Options of all services.</summary>
public class GrpcServiceOptions
{
    private int? _maxSendMessageSize;
    private int? _maxReceiveMessageSize;
    private bool _maxSendMessageSizeSpecified;
    private bool _maxReceiveMessageSizeSpecified;
    private IList<ICompressionProvider>? _compressionProviders;

    /// <summary>In bytes; null means no limit.</summary>
    public int? MaxSendMessageSize
    {
        get => _maxSendMessageSize;
        set => (_maxSendMessageSize, _maxSendMessageSizeSpecified) = (value, true);
    }

    public bool MaxSendMessageSizeSpecified
    {
        get => _maxSendMessageSizeSpecified;
        set => (_maxSendMessageSize, _maxSendMessageSizeSpecified) = (value ? _maxSendMessageSize : null, value);
    }

    /// <summary>In bytes; null means no limit. 4 MiB unless set.</summary>
    public int? MaxReceiveMessageSize
    {
        get => _maxReceiveMessageSize;
        set => (_maxReceiveMessageSize, _maxReceiveMessageSizeSpecified) = (value, true);
    }

    public bool MaxReceiveMessageSizeSpecified
    {
        get => _maxReceiveMessageSizeSpecified;
        set => (_maxReceiveMessageSize, _maxReceiveMessageSizeSpecified) = (value ? _maxReceiveMessageSize : null, value);
    }

    /// <summary>Whether clients are told the messages of exceptions. Off unless set.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>The <c>grpc-encoding</c> of responses to clients that accept it.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>gzip and deflate unless set.</summary>
    public IList<ICompressionProvider> CompressionProviders
    {
        get => _compressionProviders ??= [];
        set => _compressionProviders = value;
    }

    /// <summary>Leaves calls to services that are not mapped to other endpoints, instead of answering Unimplemented.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>In the order in which they see a call.</summary>
    public InterceptorCollection Interceptors { get; } = [];

    internal IList<ICompressionProvider>? CompressionProvidersOrNull => _compressionProviders is { Count: > 0 } ? _compressionProviders : null;
}
