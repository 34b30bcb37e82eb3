using Grpc.Core.Interceptors;

namespace Grpc.Net.ClientFactory;

/// <summary>An interceptor of a named client.</summary>
public class InterceptorRegistration(InterceptorScope scope, Func<IServiceProvider, Interceptor> creator)
{
    public InterceptorScope Scope { get; } = scope;

    public Func<IServiceProvider, Interceptor> Creator { get; } = creator;
}
