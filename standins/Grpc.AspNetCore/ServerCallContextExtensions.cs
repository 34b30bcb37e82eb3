using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>The HTTP request behind a call.</summary>
public static class ServerCallContextExtensions
{
    // Where contexts that are not this server's (test doubles) keep theirs.
    private const string HttpContextKey = "__HttpContext";

    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        if (serverCallContext is ServerCall call)
            return call.HttpContext;

        return serverCallContext.UserState.TryGetValue(HttpContextKey, out var value) && value is HttpContext httpContext
            ? httpContext
            : throw new InvalidOperationException(
                "Could not get HttpContext from ServerCallContext. HttpContext can only be accessed when gRPC services are hosted by ASP.NET Core.");
    }
}
