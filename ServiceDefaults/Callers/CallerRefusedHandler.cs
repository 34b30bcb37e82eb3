using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>Says in the answer why a caller was turned away.</summary>
internal sealed class CallerRefusedHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not CallerRefusedException refused) return ValueTask.FromResult(false);
        httpContext.Response.StatusCode = refused.Status;
        if (refused.Status == StatusCodes.Status503ServiceUnavailable) httpContext.Response.Headers.RetryAfter = "2";
        return problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Status = refused.Status, Type = $"urn:loomflow:{refused.Type}", Detail = refused.Message },
        });
    }
}
