using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory.Internal;

internal sealed class DefaultGrpcClientFactory(
    IServiceProvider services, NamedClients names, NamedCallInvokers invokers, IOptionsMonitor<GrpcClientFactoryOptions> clientOptions) : GrpcClientFactory
{
    public override TClient CreateClient<TClient>(string name)
    {
        if (!names.Contains(name, typeof(TClient)))
            throw new InvalidOperationException($"No gRPC client configured with name '{name}'.");

        var options = clientOptions.Get(name);
        var invoker = NamedCallInvokers.Intercept(invokers.Get(name), options, InterceptorScope.Client, services);
        if (options.CallOptionsActions.Count > 0)
            invoker = new CallOptionsInvoker(invoker, options.CallOptionsActions, services);

        if (options.Creator is null)
            return ClientActivator<TClient>.Create(services, invoker);

        var created = options.Creator(invoker)
            ?? throw new InvalidOperationException("A null instance was returned by the configured client creator.");
        return created as TClient
            ?? throw new InvalidOperationException($"The {created.GetType().FullName} instance returned by the configured client creator is not compatible with {typeof(TClient).FullName}.");
    }

    private static class ClientActivator<TClient>
    {
        private static readonly ObjectFactory s_factory = ActivatorUtilities.CreateFactory(typeof(TClient), [typeof(CallInvoker)]);

        public static TClient Create(IServiceProvider services, CallInvoker invoker) => (TClient)s_factory(services, [invoker]);
    }
}
