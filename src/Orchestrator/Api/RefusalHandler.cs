using System.Globalization;
using Loomflow.Security;
using Microsoft.AspNetCore.Diagnostics;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Refusals over REST: ProblemDetails, RFC 9457, and Retry-After where trying again helps.</summary>
internal sealed class RefusalHandler(SecretScrubber scrubber) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (Refusals.Of(exception, scrubber) is not { } refusal) return false;
        if (refusal.RetryAfter is { } wait) httpContext.Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);

        // Also to those who accept something else, such as an event stream: a refusal that they may not be able to read is better than a fault.
        await TypedResults.Problem(refusal.Detail, statusCode: refusal.HttpStatus, type: Refusals.TypeOf(refusal)).ExecuteAsync(httpContext);
        return true;
    }
}
