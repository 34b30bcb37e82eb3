using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>Callers of the user API.</summary>
public static class CallerExtensions
{
    private static readonly object s_caller = new();

    /// <summary>
    /// Finds out who calls. Goes after authentication and authorization; refuses a header that names a user whom the credential may
    /// not act for.
    /// </summary>
    public static WebApplication UseCallers(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Use(async (context, next) =>
        {
            if (context.User.Identity is { IsAuthenticated: true })
            {
                var caller = Callers.Caller.Of(context.User);
                if (context.Request.Headers[Delegation.Header] is { Count: > 0 } named)
                {
                    caller = await context.RequestServices.GetRequiredService<Delegation>().ActForAsync(caller, named, context.AskedFor(), context.RequestAborted);
                }

                context.Items[s_caller] = caller;
            }

            await next(context);
        });
        return app;
    }

    /// <summary>Who calls.</summary>
    /// <exception cref="InvalidOperationException">The endpoint lets anybody in.</exception>
    public static Caller Caller(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Items[s_caller] as Caller ?? throw new InvalidOperationException($"'{context.AskedFor()}' has no caller: RequireAuthorization(…) is missing there, or UseCallers() in the application.");
    }

    /// <summary>What is asked for: the method and the route, without what callers put into it.</summary>
    public static string AskedFor(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
        return $"{context.Request.Method} {(route.StartsWith('/') ? route : $"/{route}")}";
    }
}
