using Grpc.Net.Client;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>
/// The connection to one worker replica. Workers are addressed one by one: a connection that replicas shared would pin every step to
/// one of them.
/// </summary>
internal sealed class WorkerConnection(Uri address, DispatchOptions options, DelegatingHandler? credentials) : IDisposable
{
    private readonly GrpcChannel _channel = Open(address, options, credentials);

    public Uri Address { get; } = address;

    /// <summary>How many steps of this orchestrator the worker has. Changed by <see cref="WorkerPool"/> alone.</summary>
    public int UnderWay { get; set; }

    /// <summary>The worker has said that it is full; until this time it is taken at its word.</summary>
    public long FullUntil { get; set; }

    public V1.AgentWorker.AgentWorkerClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    private static GrpcChannel Open(Uri address, DispatchOptions options, DelegatingHandler? credentials)
    {
        var sockets = new SocketsHttpHandler { ConnectTimeout = options.ConnectTimeout, EnableMultipleHttp2Connections = true };
        if (credentials is not null) credentials.InnerHandler = sockets;
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = (HttpMessageHandler?)credentials ?? sockets,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.MaxMessageBytes,
        });
    }
}
