using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The service's messages. A write completes when flow control has let the message through.</summary>
internal sealed class ResponseStream<TResponse>(ServerCall call, Action<TResponse, SerializationContext> serializer) : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private readonly Lock _gate = new();
    private readonly PipeWriter _body = call.HttpContext.Response.BodyWriter;
    private readonly CancellationToken _aborted = call.HttpContext.RequestAborted;
    private Task _write = Task.CompletedTask;
    private bool _completed;

    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (_gate)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                call.Reset();
                return Task.FromCanceled(cancellationToken);
            }

            if (_completed || _aborted.IsCancellationRequested || call.HasExpired)
                return Task.FromException(new InvalidOperationException("Can't write the message because the request is complete."));
            if (!_write.IsCompleted)
                return Task.FromException(new InvalidOperationException("Can't write the message because the previous write is in progress."));

            return _write = WriteCoreAsync(message, cancellationToken);
        }
    }

    public void Complete() => _completed = true;

    private async Task WriteCoreAsync(TResponse message, CancellationToken cancellationToken)
    {
        // Half a message cannot be taken back: a write that is cancelled ends the call.
        using var cancellation = cancellationToken.UnsafeRegister(static state => ((ServerCall)state!).Reset(), call);
        await call.WriteAsync(message, serializer, cancellationToken);
        if ((WriteOptions?.Flags ?? default).HasFlag(WriteFlags.BufferHint))
            return;

        await _body.FlushAsync(cancellationToken);

        // Kestrel's flush of an aborted request returns as if nothing had happened.
        if (call.CancellationToken.IsCancellationRequested || cancellationToken.IsCancellationRequested)
            throw new OperationCanceledException("Request aborted while sending the message.");
    }
}
