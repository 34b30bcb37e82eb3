using Grpc.Core;

namespace Grpc.AspNetCore.Server;

internal sealed class DuplexStreamingHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, DuplexStreamingServerMethod<TRequest, TResponse> invoke) : CallHandler(options, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async Task HandleAsync(ServerCall call)
    {
        LiftLimits(call.HttpContext, onRequestBody: true);
        var requests = new RequestStream<TRequest>(call, method.RequestMarshaller.ContextualDeserializer);
        var responses = new ResponseStream<TResponse>(call, method.ResponseMarshaller.ContextualSerializer);
        try
        {
            await invoke(requests, responses, call);
        }
        finally
        {
            requests.Complete();
            responses.Complete();
        }
    }
}
