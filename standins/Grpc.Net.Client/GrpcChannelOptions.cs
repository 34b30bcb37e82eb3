using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>Options of a <see cref="GrpcChannel"/>.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Null: from the scheme of the address.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>In bytes; null means no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>In bytes; null means no limit. 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Null: gzip and deflate.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Sends the calls. Not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Sends the calls. Not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether disposing the channel disposes the client or handler that it was given.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Cancelled and DeadlineExceeded become <see cref="OperationCanceledException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Sends call credentials without TLS too.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Where the logger comes from, unless <see cref="LoggerFactory"/> is set.</summary>
    public IServiceProvider? ServiceProvider { get; set; }

    /// <summary>Null: 2.0.</summary>
    public Version? HttpVersion { get; set; }

    /// <summary>Null: exactly <see cref="HttpVersion"/>.</summary>
    public HttpVersionPolicy? HttpVersionPolicy { get; set; }
}
