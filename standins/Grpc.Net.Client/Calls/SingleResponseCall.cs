using Grpc.Core;
using Grpc.Net.Client.Http;

namespace Grpc.Net.Client.Calls;

/// <summary>A call with one response: unary or client streaming.</summary>
internal sealed class SingleResponseCall<TRequest, TResponse>(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    : GrpcCall(channel, method, options)
    where TRequest : class
    where TResponse : class
{
    private static readonly Status s_noMessage = new(StatusCode.Internal, "Failed to deserialize response message.");

    private StreamingContent? _requests;
    private Task<TResponse> _response = null!;

    public Task<TResponse> StartUnary(TRequest request)
    {
        Start();
        return _response = RunAsync(new UnaryContent<TRequest>(request, CreateWriter(Options.WriteOptions)));
    }

    public (IClientStreamWriter<TRequest> Requests, Task<TResponse> Response) StartStreaming()
    {
        _requests = new StreamingContent();
        Start();
        _response = RunAsync(_requests);
        return (new RequestStream<TRequest>(this, _requests, CreateWriter(Options.WriteOptions)), _response);
    }

    public static void Dispose(object state)
    {
        var call = (SingleResponseCall<TRequest, TResponse>)state;
        call.Dispose();

        // Who disposes a call need not look at its response any more.
        call._response.ContinueWith(
            static response => _ = response.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    protected override void OnEnded(Status status) => _requests?.Abort();

    protected override Status OfTrailersOnly(Status status) => status.StatusCode == StatusCode.OK ? s_noMessage : status;

    private MessageWriter<TRequest> CreateWriter(WriteOptions? writeOptions) =>
        new(method.RequestMarshaller, Channel.Compressions, Encoding, Channel.MaxSendMessageSize) { WriteOptions = writeOptions };

    private async Task<TResponse> RunAsync(HttpContent request)
    {
        var activity = GrpcActivity.Start(Method);
        try
        {
            var message = await ReceiveAsync(request).ConfigureAwait(false);
            if (message is not null && GetStatus().StatusCode == StatusCode.OK)
                return message;
        }
        catch (Exception exception)
        {
            EndWithFailure("Error starting gRPC call.", exception);
        }
        finally
        {
            GrpcActivity.Stop(activity, GetStatus());
        }

        throw ToException();
    }

    private async Task<TResponse?> ReceiveAsync(HttpContent request)
    {
        if (await SendAsync(request).ConfigureAwait(false) is not { } response)
            return null;

        var stream = await response.Content.ReadAsStreamAsync(Aborted).ConfigureAwait(false);
        using var reader = new MessageReader(stream, Channel.Compressions, ResponseEncoding(response), Channel.MaxReceiveMessageSize);
        var message = await reader.ReadAsync(method.ResponseMarshaller.ContextualDeserializer, Aborted).ConfigureAwait(false);
        if (message is not null && !await reader.ReadEndAsync(Aborted).ConfigureAwait(false))
            throw new InvalidDataException("Unexpected data after finished reading message.");

        if (message is null && StatusMapping.OfResponseTrailers(response).StatusCode == StatusCode.OK)
            End(s_noMessage, response.TrailingHeaders);
        else
            EndWithTrailers(response);

        return message;
    }
}
