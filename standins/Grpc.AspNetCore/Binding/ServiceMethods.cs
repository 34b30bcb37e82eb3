using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Finds the methods of a service through its generated base class.</summary>
internal static class ServiceMethods
{
    public static IReadOnlyList<MethodModel> Discover<TService>(MethodOptions options, ILogger logger)
        where TService : class
    {
        var (serviceBase, bindMethod) = FindBindMethod(typeof(TService));
        var binder = new ServiceBinder<TService>(options, logger);
        bindMethod.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [binder, null], null);
        return binder.Methods.Count > 0
            ? binder.Methods
            : throw new InvalidOperationException($"'{serviceBase}' binds no methods: has its proto a service with methods?");
    }

    private static (Type ServiceBase, MethodInfo BindMethod) FindBindMethod(Type service)
    {
        for (var type = service; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } attribute)
                continue;

            const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
            return (type, attribute.BindType.GetMethod(attribute.BindMethodName, Static, [typeof(ServiceBinderBase), type])
                ?? throw new InvalidOperationException(
                    $"'{attribute.BindType}' has no method {attribute.BindMethodName}(ServiceBinderBase, {type.Name}), which the attribute on '{type}' names."));
        }

        throw new InvalidOperationException(
            $"'{service}' does not derive from a generated service base class (one with [BindServiceMethod]): derive it from <Service>.<Service>Base.");
    }
}
