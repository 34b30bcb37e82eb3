namespace Loomflow.Aspire.Orchestrator.Api;

internal static class RefusalMetadata
{
    /// <summary>Says in the OpenAPI document which ProblemDetails a route answers with. Without a credential, without its scope, or while Redis is away, every route does.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params int[] statuses)
    {
        int[] everywhere = [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status503ServiceUnavailable];
        foreach (var status in statuses.Union(everywhere)) route.ProducesProblem(status);
        return route;
    }
}
