using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The client's messages, as the service reads them.</summary>
internal sealed class RequestStream<TRequest>(ServerCall call, Func<DeserializationContext, TRequest> deserializer) : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    // Kept, because the HttpContext must not be touched when a service reads on after the call.
    private readonly PipeReader _body = call.HttpContext.Request.BodyReader;
    private readonly CancellationToken _aborted = call.HttpContext.RequestAborted;
    private bool _completed;

    public TRequest Current { get; private set; } = null!;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<bool>(cancellationToken);
        if (_completed || _aborted.IsCancellationRequested)
            return Task.FromException<bool>(new InvalidOperationException("Can't read messages after the request is complete."));

        return MoveNextAsync(cancellationToken);
    }

    public void Complete() => _completed = true;

    private async Task<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        Current = null!;
        var message = await _body.ReadNextAsync(call, deserializer, cancellationToken);
        Current = message!;
        return message is not null;
    }
}
