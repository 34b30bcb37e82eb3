using Grpc.Core;

namespace Grpc.AspNetCore.Server;

internal sealed class UnaryHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, UnaryServerMethod<TRequest, TResponse> invoke) : CallHandler(options, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async Task HandleAsync(ServerCall call)
    {
        var request = await call.HttpContext.Request.BodyReader.ReadSingleAsync(call, method.RequestMarshaller.ContextualDeserializer);
        var response = await invoke(request, call);
        await RespondAsync(call, response, method.ResponseMarshaller);
    }
}
