using System.Net;

namespace Grpc.Net.Client.Http;

/// <summary>Holds the request stream open for the caller's messages until it is completed.</summary>
internal sealed class StreamingContent : GrpcContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Continues in place: when Complete returns, the end of the stream is on its way, and disposing the call no longer resets it.
    private readonly TaskCompletionSource _completed = new();

    public Task<Stream> Stream => _stream.Task;

    public void Complete() => _completed.TrySetResult();

    public void Abort()
    {
        _stream.TrySetCanceled();
        _completed.TrySetCanceled();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Sends the headers: the server may have something to say before the first message.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _stream.TrySetResult(stream);
        await _completed.Task.ConfigureAwait(false);
    }
}
