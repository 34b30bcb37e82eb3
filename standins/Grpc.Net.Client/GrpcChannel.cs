using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client.Calls;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>The way to a gRPC server: HTTP/2 connections that any number of clients and calls share.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly bool _ownsHttp;
    private readonly ConcurrentDictionary<string, Uri> _callAddresses = new(StringComparer.Ordinal);
    private readonly HashSet<IDisposable> _activeCalls = [];
    private bool _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        Address = address;
        Security = ChannelSecurity.Resolve(address, options);
        Compressions = options.CompressionProviders is null ? Compressions.Default : new Compressions(options.CompressionProviders);
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        ThrowOperationCanceledOnCancellation = options.ThrowOperationCanceledOnCancellation;
        HttpVersion = options.HttpVersion ?? System.Net.HttpVersion.Version20;
        HttpVersionPolicy = options.HttpVersionPolicy ?? System.Net.Http.HttpVersionPolicy.RequestVersionExact;
        var loggerFactory = options.LoggerFactory
            ?? (ILoggerFactory?)options.ServiceProvider?.GetService(typeof(ILoggerFactory))
            ?? NullLoggerFactory.Instance;
        Logger = loggerFactory.CreateLogger("Grpc.Net.Client.GrpcCall");
        _ownsHttp = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        _http = options.HttpClient ?? new HttpMessageInvoker(
            options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
            disposeHandler: _ownsHttp);
    }

    internal Uri Address { get; }

    internal ChannelSecurity Security { get; }

    internal Compressions Compressions { get; }

    internal int? MaxSendMessageSize { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal bool ThrowOperationCanceledOnCancellation { get; }

    internal Version HttpVersion { get; }

    internal HttpVersionPolicy HttpVersionPolicy { get; }

    internal ILogger Logger { get; }

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (channelOptions is { HttpClient: not null, HttpHandler: not null })
            throw new ArgumentException("HttpClient and HttpHandler have been configured. Only one HTTP caller can be specified.");

        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new HttpCallInvoker(this);
    }

    /// <summary>Cancels the calls under way and closes the connections that the channel owns.</summary>
    public void Dispose()
    {
        IDisposable[] activeCalls;
        lock (_activeCalls)
        {
            if (_disposed)
                return;

            _disposed = true;
            activeCalls = [.. _activeCalls];
        }

        foreach (var call in activeCalls)
            call.Dispose();

        if (_ownsHttp)
            _http.Dispose();
    }

    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    internal Uri AddressOf(IMethod method) => _callAddresses.GetOrAdd(method.FullName, static (path, address) => new Uri(address, path), Address);

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _http is HttpClient client
        ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
        : _http.SendAsync(request, cancellationToken);

    internal void Add(IDisposable call)
    {
        lock (_activeCalls)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _activeCalls.Add(call);
        }
    }

    internal void Remove(IDisposable call)
    {
        lock (_activeCalls)
            _activeCalls.Remove(call);
    }
}
