using Grpc.Core;
using Grpc.Net.Client.Http;

namespace Grpc.Net.Client.Calls;

/// <summary>The caller's messages. A write completes when flow control has let the message through.</summary>
internal sealed class RequestStream<TRequest>(GrpcCall call, StreamingContent content, MessageWriter<TRequest> writer) : IClientStreamWriter<TRequest>
    where TRequest : class
{
    private readonly Lock _gate = new();
    private Task _write = Task.CompletedTask;
    private bool _completed;

    public WriteOptions? WriteOptions
    {
        get => writer.WriteOptions;
        set => writer.WriteOptions = value;
    }

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ObjectDisposedException.ThrowIf(call.IsDisposed, typeof(GrpcCall));
        lock (_gate)
        {
            if (_completed)
                return Task.FromException(new InvalidOperationException("Request stream has already been completed."));
            if (call.Outcome is not null)
                return Task.FromException(ToException());
            if (!_write.IsCompleted)
                return Task.FromException(new InvalidOperationException("Can't write the message because the previous write is in progress."));

            return _write = WriteCoreAsync(message, cancellationToken);
        }
    }

    public Task CompleteAsync()
    {
        ObjectDisposedException.ThrowIf(call.IsDisposed, typeof(GrpcCall));
        lock (_gate)
        {
            if (!_write.IsCompleted)
                return Task.FromException(new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));

            _completed = true;
        }

        content.Complete();
        return Task.CompletedTask;
    }

    private async Task WriteCoreAsync(TRequest message, CancellationToken cancellationToken)
    {
        using var cancellation = call.CancelWith(cancellationToken);
        try
        {
            var stream = await content.Stream.ConfigureAwait(false);
            await writer.WriteAsync(message, stream, call.Aborted).ConfigureAwait(false);
            await stream.FlushAsync(call.Aborted).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or IOException)
        {
            throw ToException();
        }
    }

    // A server that has answered early takes no more messages, although its status has not been read yet.
    private Exception ToException() => call.Outcome switch
    {
        null => new RpcException(new Status(StatusCode.Cancelled, "The server takes no more messages on this call.")),
        { StatusCode: StatusCode.OK } status => new RpcException(status),
        _ => call.ToException(),
    };
}
