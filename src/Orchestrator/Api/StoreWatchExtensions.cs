using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Authorization;

namespace Loomflow.Aspire.Orchestrator.Api;

internal static class StoreWatchExtensions
{
    /// <summary>
    /// Turns callers away while Redis does not answer, before it is asked for their keys. Over gRPC <see cref="RefusalInterceptor"/> does, in gRPC's words.
    /// </summary>
    public static WebApplication UseStoreWatch(this WebApplication app)
    {
        var store = app.Services.GetRequiredService<StoreWatch>();
        app.Use((context, next) =>
        {
            var metadata = context.GetEndpoint()?.Metadata;
            if (metadata?.GetMetadata<IAuthorizeData>() is not null && metadata.GetMetadata<GrpcMethodMetadata>() is null) store.Check();
            return next(context);
        });
        return app;
    }
}
