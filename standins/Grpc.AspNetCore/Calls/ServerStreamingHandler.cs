using Grpc.Core;

namespace Grpc.AspNetCore.Server;

internal sealed class ServerStreamingHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, ServerStreamingServerMethod<TRequest, TResponse> invoke) : CallHandler(options, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async Task HandleAsync(ServerCall call)
    {
        LiftLimits(call.HttpContext, onRequestBody: false);
        var request = await call.HttpContext.Request.BodyReader.ReadSingleAsync(call, method.RequestMarshaller.ContextualDeserializer);
        var responses = new ResponseStream<TResponse>(call, method.ResponseMarshaller.ContextualSerializer);
        try
        {
            await invoke(request, responses, call);
        }
        finally
        {
            responses.Complete();
        }
    }
}
