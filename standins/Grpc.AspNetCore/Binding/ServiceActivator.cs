using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>The instance that serves a call: the one registered as a service, or one that is made for the call and disposed after it.</summary>
internal static class ServiceActivator<TService>
    where TService : class
{
    private static readonly Lazy<ObjectFactory<TService>> s_factory = new(static () => ActivatorUtilities.CreateFactory<TService>([]));

    public static TService Create(IServiceProvider services, out bool isOwned)
    {
        var registered = services.GetService<TService>();
        isOwned = registered is null;
        return registered ?? s_factory.Value(services, null);
    }
}
