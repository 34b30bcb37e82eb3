using Grpc.Core;

namespace Grpc.AspNetCore.Server;

internal sealed class ClientStreamingHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, ClientStreamingServerMethod<TRequest, TResponse> invoke) : CallHandler(options, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async Task HandleAsync(ServerCall call)
    {
        LiftLimits(call.HttpContext, onRequestBody: true);
        var requests = new RequestStream<TRequest>(call, method.RequestMarshaller.ContextualDeserializer);
        TResponse response;
        try
        {
            response = await invoke(requests, call);
        }
        finally
        {
            requests.Complete();
        }

        await RespondAsync(call, response, method.ResponseMarshaller);
    }
}
