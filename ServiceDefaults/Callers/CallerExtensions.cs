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
    /// Lets in whom the routes' scopes let in, finds out for whom they call, and limits what each may ask. Refuses a header that names a
    /// user whom the credential may not act for.
    /// </summary>
    public static WebApplication UseUserApi(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(async (context, next) =>
        {
            if (context.User.Identity is { IsAuthenticated: true }) context.Items[s_caller] = await FindAsync(context);
            await next(context);
        });
        app.UseRateLimiter();
        return app;
    }

    /// <summary>Who calls.</summary>
    /// <exception cref="InvalidOperationException">The endpoint lets anybody in.</exception>
    public static Caller Caller(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.CallerOrNull() ?? throw new InvalidOperationException($"'{context.AskedFor()}' has no caller: RequireAuthorization(…) is missing there, or UseUserApi() in the application.");
    }

    /// <summary>What is asked for: the method and the route, without what callers put into it.</summary>
    public static string AskedFor(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
        return $"{context.Request.Method} {(route.StartsWith('/') ? route : $"/{route}")}";
    }

    internal static Caller? CallerOrNull(this HttpContext context) => context.Items[s_caller] as Caller;

    private static async ValueTask<Caller> FindAsync(HttpContext context)
    {
        var caller = Callers.Caller.Of(context.User) with { AskedFor = context.AskedFor() };
        return context.Request.Headers[Delegation.Header] is { Count: > 0 } named
            ? await context.RequestServices.GetRequiredService<Delegation>().ActForAsync(caller, named, context.RequestAborted)
            : caller;
    }
}
