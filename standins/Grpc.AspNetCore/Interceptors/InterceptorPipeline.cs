using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server;

/// <summary>Wraps a method in its interceptors; the first of them sees a call first.</summary>
internal static class InterceptorPipeline
{
    public static UnaryServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        UnaryServerMethod<TRequest, TResponse> method, IReadOnlyList<InterceptorRegistration> interceptors)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(method, (next, registration) => (request, context) =>
            RunAsync(registration, context, interceptor => interceptor.UnaryServerHandler(request, context, next)));

    public static ClientStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        ClientStreamingServerMethod<TRequest, TResponse> method, IReadOnlyList<InterceptorRegistration> interceptors)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(method, (next, registration) => (requests, context) =>
            RunAsync(registration, context, interceptor => interceptor.ClientStreamingServerHandler(requests, context, next)));

    public static ServerStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        ServerStreamingServerMethod<TRequest, TResponse> method, IReadOnlyList<InterceptorRegistration> interceptors)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(method, (next, registration) => (request, responses, context) =>
            RunAsync(registration, context, interceptor => interceptor.ServerStreamingServerHandler(request, responses, context, next)));

    public static DuplexStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        DuplexStreamingServerMethod<TRequest, TResponse> method, IReadOnlyList<InterceptorRegistration> interceptors)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(method, (next, registration) => (requests, responses, context) =>
            RunAsync(registration, context, interceptor => interceptor.DuplexStreamingServerHandler(requests, responses, context, next)));

    private static async Task<TResult> RunAsync<TResult>(InterceptorRegistration registration, ServerCallContext context, Func<Interceptor, Task<TResult>> run)
    {
        var interceptor = registration.Create(context.GetHttpContext().RequestServices, out var isOwned);
        try
        {
            return await run(interceptor);
        }
        finally
        {
            if (isOwned)
                await Ownership.DisposeAsync(interceptor);
        }
    }

    private static async Task RunAsync(InterceptorRegistration registration, ServerCallContext context, Func<Interceptor, Task> run)
    {
        var interceptor = registration.Create(context.GetHttpContext().RequestServices, out var isOwned);
        try
        {
            await run(interceptor);
        }
        finally
        {
            if (isOwned)
                await Ownership.DisposeAsync(interceptor);
        }
    }
}
