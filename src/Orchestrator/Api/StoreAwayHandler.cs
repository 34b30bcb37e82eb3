using Microsoft.AspNetCore.Diagnostics;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>While Redis is away nothing can be accepted durably: 503 with Retry-After, and no run is lost because none was accepted.</summary>
internal sealed class StoreAwayHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not (RedisConnectionException or RedisTimeoutException)) return false;
        httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        httpContext.Response.Headers.RetryAfter = "2";
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails =
            {
                Status = StatusCodes.Status503ServiceUnavailable,
                Type = "urn:loomflow:store_away",
                Detail = "The store is not reachable right now; runs that were accepted are safe. Try again.",
            },
        });
    }
}
