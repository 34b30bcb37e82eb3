using Grpc.Net.Client;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>
/// Opens connections to worker replicas. They are addressed one by one: a connection that replicas shared would pin every step to one
/// of them.
/// </summary>
/// <param name="options">Limits.</param>
/// <param name="credentials">Makes what puts this service's credentials on calls, or <see langword="null"/> for calls without any.</param>
/// <param name="secure">Prepares connections for TLS.</param>
internal sealed class WorkerChannels(IOptions<DispatchOptions> options, Func<DelegatingHandler>? credentials = null, Action<SocketsHttpHandler>? secure = null)
{
    public GrpcChannel Open(Uri address)
    {
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = options.Value.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            // Workers are called as they are addressed: each of these would look at every call for nothing.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        };
        secure?.Invoke(sockets);
        var handler = credentials?.Invoke();
        if (handler is not null) handler.InnerHandler = sockets;
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler ?? (HttpMessageHandler)sockets,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.Value.MaxMessageBytes,
        });
    }
}
