using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>Maps each method of a service to its path, and what is not implemented to the status that says so.</summary>
internal sealed class ServiceMapper(IServiceProvider services, ILoggerFactory loggerFactory)
{
    private readonly HashSet<string> _mappedServices = new(StringComparer.Ordinal);

    public GrpcServiceEndpointConventionBuilder Map<TService>(IEndpointRouteBuilder routes)
        where TService : class
    {
        var all = services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var own = services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value;
        var methods = ServiceMethods.Discover<TService>(new MethodOptions(all, own), loggerFactory.CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler"));

        var endpoints = methods.Select(method => Map(routes, typeof(TService), method)).ToList();
        if (_mappedServices.Count == 0 && all.IgnoreUnknownServices is not true)
            endpoints.Add(MapUnimplemented(routes, "{unimplementedService}", "Unimplemented service", "Service is unimplemented."));

        foreach (var name in methods.Select(method => method.Method.ServiceName).Distinct())
        {
            if (_mappedServices.Add(name) && (own.IgnoreUnknownServices ?? all.IgnoreUnknownServices) is not true)
                endpoints.Add(MapUnimplemented(routes, name, $"Unimplemented method for {name}", "Method is unimplemented."));
        }

        return new GrpcServiceEndpointConventionBuilder(endpoints);
    }

    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, Type service, MethodModel method)
    {
        var endpoint = routes.Map(method.Method.FullName, method.Handler);
        endpoint.Add(builder =>
        {
            builder.DisplayName = $"gRPC - {method.Method.FullName}";
            builder.Metadata.Add(new GrpcMethodMetadata(service, method.Method));
            foreach (var item in method.Metadata)
                builder.Metadata.Add(item);
        });
        return endpoint;
    }

    private static IEndpointConventionBuilder MapUnimplemented(IEndpointRouteBuilder routes, string service, string displayName, string detail)
    {
        var endpoint = routes.Map($"{service}/{{unimplementedMethod:{GrpcRequestConstraint.Name}}}", context =>
        {
            GrpcResponse.Start(context.Response);
            GrpcResponse.WriteStatus(context.Response, new Status(StatusCode.Unimplemented, detail));
            return Task.CompletedTask;
        });
        endpoint.Add(builder => builder.DisplayName = $"gRPC - {displayName}");
        return endpoint;
    }
}
