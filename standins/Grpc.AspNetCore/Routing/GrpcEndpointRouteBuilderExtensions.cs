using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var mapper = builder.ServiceProvider.GetService<ServiceMapper>()
            ?? throw new InvalidOperationException("gRPC's services are not registered: call 'builder.Services.AddGrpc()' first.");
        return mapper.Map<TService>(builder);
    }
}
