using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>An interceptor's type, and the constructor arguments that do not come from dependency injection.</summary>
public class InterceptorRegistration
{
    internal const DynamicallyAccessedMemberTypes InterceptorMembers = DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods;

    private readonly object[] _arguments;
    private readonly Lazy<ObjectFactory> _factory;

    internal InterceptorRegistration([DynamicallyAccessedMembers(InterceptorMembers)] Type type, object[] arguments)
    {
        if (arguments.Contains(null))
            throw new ArgumentException("Interceptor arguments contains a null value. Null interceptor arguments are not supported.", nameof(arguments));

        Type = type;
        _arguments = arguments;
        _factory = new Lazy<ObjectFactory>(() => ActivatorUtilities.CreateFactory(type, [.. arguments.Select(argument => argument.GetType())]));
    }

    [DynamicallyAccessedMembers(InterceptorMembers)]
    public Type Type { get; }

    public IReadOnlyList<object> Arguments => _arguments;

    /// <summary>The instance that is registered as a service, which its container owns, or else a new one.</summary>
    internal Interceptor Create(IServiceProvider services, out bool isOwned)
    {
        var registered = _arguments.Length == 0 ? (Interceptor?)services.GetService(Type) : null;
        isOwned = registered is null;
        return registered ?? (Interceptor)_factory.Value(services, _arguments);
    }
}
