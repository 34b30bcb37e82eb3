using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server;

/// <summary>Makes a request handler for each method that the generated code binds, out of the service's override of it.</summary>
internal sealed class ServiceBinder<TService>(MethodOptions options, ILogger logger) : ServiceBinderBase
    where TService : class
{
    private readonly List<MethodModel> _methods = [];

    public IReadOnlyList<MethodModel> Methods => _methods;

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Implementation(method, [typeof(TRequest), typeof(ServerCallContext)]);
        var invoke = implementation.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
        var pipeline = InterceptorPipeline.Wrap<TRequest, TResponse>(
            (request, context) => InvokeAsync((invoke, request), context, static (service, state, context) => state.invoke(service, state.request, context)),
            options.Interceptors);
        Add(method, implementation, new UnaryHandler<TRequest, TResponse>(method, options, logger, pipeline));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Implementation(method, [typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)]);
        var invoke = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
        var pipeline = InterceptorPipeline.Wrap<TRequest, TResponse>(
            (requests, context) => InvokeAsync((invoke, requests), context, static (service, state, context) => state.invoke(service, state.requests, context)),
            options.Interceptors);
        Add(method, implementation, new ClientStreamingHandler<TRequest, TResponse>(method, options, logger, pipeline));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Implementation(method, [typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)]);
        var invoke = implementation.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        var pipeline = InterceptorPipeline.Wrap<TRequest, TResponse>(
            (request, responses, context) => InvokeAsync(context, service => invoke(service, request, responses, context)),
            options.Interceptors);
        Add(method, implementation, new ServerStreamingHandler<TRequest, TResponse>(method, options, logger, pipeline));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Implementation(method, [typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)]);
        var invoke = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        var pipeline = InterceptorPipeline.Wrap<TRequest, TResponse>(
            (requests, responses, context) => InvokeAsync(context, service => invoke(service, requests, responses, context)),
            options.Interceptors);
        Add(method, implementation, new DuplexStreamingHandler<TRequest, TResponse>(method, options, logger, pipeline));
    }

    private static Task<TResponse> InvokeAsync<TState, TResponse>(TState state, ServerCallContext context, Func<TService, TState, ServerCallContext, Task<TResponse>> invoke)
    {
        var service = ServiceActivator<TService>.Create(context.GetHttpContext().RequestServices, out var isOwned);
        if (!isOwned || service is not (IAsyncDisposable or IDisposable))
            return invoke(service, state, context);

        return InvokeAndDisposeAsync();

        async Task<TResponse> InvokeAndDisposeAsync()
        {
            try
            {
                return await invoke(service, state, context);
            }
            finally
            {
                await Ownership.DisposeAsync(service);
            }
        }
    }

    private static async Task InvokeAsync(ServerCallContext context, Func<TService, Task> invoke)
    {
        var service = ServiceActivator<TService>.Create(context.GetHttpContext().RequestServices, out var isOwned);
        try
        {
            await invoke(service);
        }
        finally
        {
            if (isOwned)
                await Ownership.DisposeAsync(service);
        }
    }

    private static MethodInfo Implementation(IMethod method, Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
        ?? throw new InvalidOperationException(
            $"'{typeof(TService)}' has no method {method.Name}({string.Join(", ", parameters.Select(parameter => parameter.Name))}), which implements {method.FullName}.");

    private void Add(IMethod method, MethodInfo implementation, CallHandler handler)
    {
        // Attributes such as [Authorize] count on the class and on the method; the method's come last, so they win.
        object[] metadata =
        [
            .. typeof(TService).GetCustomAttributes(inherit: true),
            .. implementation.GetCustomAttributes(inherit: true),
            new HttpMethodMetadata([HttpMethods.Post], acceptCorsPreflight: true),
        ];
        _methods.Add(new MethodModel(method, metadata, handler.HandleAsync));
    }
}
