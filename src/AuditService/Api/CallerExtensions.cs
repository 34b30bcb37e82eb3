using Grpc.Core;

namespace Loomflow.Aspire.AuditService.Api;

internal static class CallerExtensions
{
    /// <summary>Who calls, for the record.</summary>
    public static string AuthenticatedName(this ServerCallContext context) => context.GetHttpContext().AuthenticatedName();

    /// <summary>Who calls, for the record.</summary>
    public static string AuthenticatedName(this HttpContext context) => context.User.Identity?.Name ?? "unauthenticated";
}
