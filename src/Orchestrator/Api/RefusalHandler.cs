using System.Globalization;
using Loomflow.Security;
using Microsoft.AspNetCore.Diagnostics;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Refusals over REST: ProblemDetails, RFC 9457, and Retry-After where trying again helps.</summary>
internal sealed class RefusalHandler(IProblemDetailsService problems, SecretScrubber scrubber) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (Refusals.Of(exception, scrubber) is not { } refusal) return false;
        httpContext.Response.StatusCode = refusal.HttpStatus;
        if (refusal.RetryAfter is { } wait) httpContext.Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Status = refusal.HttpStatus, Type = Refusals.TypeOf(refusal), Detail = refusal.Detail },
        });
    }
}
