using Grpc.Core;
using Grpc.Net.Client.Http;

namespace Grpc.Net.Client.Calls;

/// <summary>A call with a stream of responses: server streaming or duplex.</summary>
internal sealed class StreamingResponseCall<TRequest, TResponse>(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    : GrpcCall(channel, method, options), IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private readonly TaskCompletionSource<HttpResponseMessage?> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Status> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StreamingContent? _requests;
    private HttpResponseMessage? _httpResponse;
    private MessageReader? _reader;
    private int _isReading;

    public TResponse Current { get; private set; } = null!;

    public void StartServerStreaming(TRequest request)
    {
        Start();
        _ = RunAsync(new UnaryContent<TRequest>(request, CreateWriter()));
    }

    public IClientStreamWriter<TRequest> StartDuplex()
    {
        _requests = new StreamingContent();
        Start();
        _ = RunAsync(_requests);
        return new RequestStream<TRequest>(this, _requests, CreateWriter());
    }

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, typeof(GrpcCall));
        if (Outcome is { } status)
            return status.StatusCode == StatusCode.OK ? Task.FromResult(false) : Task.FromException<bool>(ToException());

        if (Interlocked.Exchange(ref _isReading, 1) == 1)
            return Task.FromException<bool>(new InvalidOperationException("Can't read the next message because the previous read is still in progress."));

        return MoveNextAsync(cancellationToken);
    }

    protected override void OnEnded(Status status)
    {
        _requests?.Abort();
        _response.TrySetResult(null);
        _ended.TrySetResult(status);
    }

    private MessageWriter<TRequest> CreateWriter() =>
        new(method.RequestMarshaller, Channel.Compressions, Encoding, Channel.MaxSendMessageSize) { WriteOptions = Options.WriteOptions };

    private async Task RunAsync(HttpContent request)
    {
        var activity = GrpcActivity.Start(Method);
        try
        {
            if (await SendAsync(request).ConfigureAwait(false) is { } response)
                _response.TrySetResult(response);
        }
        catch (Exception exception)
        {
            EndWithFailure("Error starting gRPC call.", exception);
        }

        // An activity has to stop where it started.
        GrpcActivity.Stop(activity, await _ended.Task.ConfigureAwait(false));
    }

    private async Task<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        using var cancellation = CancelWith(cancellationToken);
        try
        {
            Current = null!;
            if (await ReadAsync().ConfigureAwait(false) is { } message)
            {
                Current = message;
                return true;
            }
        }
        catch (Exception exception)
        {
            EndWithFailure("Error reading next message.", exception);
        }
        finally
        {
            if (Outcome is not null)
                _reader?.Dispose();

            Volatile.Write(ref _isReading, 0);
        }

        return GetStatus().StatusCode == StatusCode.OK ? false : throw ToException();
    }

    private async ValueTask<TResponse?> ReadAsync()
    {
        if (_reader is null)
        {
            _httpResponse = await _response.Task.ConfigureAwait(false);
            if (_httpResponse is null)
                return null;

            var stream = await _httpResponse.Content.ReadAsStreamAsync(Aborted).ConfigureAwait(false);
            _reader = new MessageReader(stream, Channel.Compressions, ResponseEncoding(_httpResponse), Channel.MaxReceiveMessageSize);
        }

        var message = await _reader.ReadAsync(method.ResponseMarshaller.ContextualDeserializer, Aborted).ConfigureAwait(false);
        if (message is null)
            EndWithTrailers(_httpResponse!);

        return message;
    }
}
