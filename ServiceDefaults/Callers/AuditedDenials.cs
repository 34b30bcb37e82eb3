using System.Security.Claims;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Audit;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>Has every refusal of a credential audited. Requests without any are refused, too, but say nothing about anybody and fill no log.</summary>
internal sealed class AuditedDenials(Denials denials) : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _inner = new();

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Forbidden) Record(context, "the credential lacks the scope");
        else if (authorizeResult.Challenged && context.Request.Headers.Authorization.Count > 0) Record(context, await ProblemAsync(context, policy));
        await _inner.HandleAsync(next, context, policy, authorizeResult);
    }

    private static async Task<string> ProblemAsync(HttpContext context, AuthorizationPolicy policy)
    {
        // The schemes have looked already and remember what they found.
        foreach (var scheme in policy.AuthenticationSchemes.DefaultIfEmpty())
        {
            if ((await context.AuthenticateAsync(scheme)).Failure is { } failure) return failure.Message;
        }

        return "the credential is none of this service's";
    }

    private void Record(HttpContext context, string reason)
    {
        var user = context.User;
        var isService = user.Identity?.AuthenticationType == ServiceAuthenticationHandler.SchemeName;
        var id = isService ? null : user.FindFirstValue(CallerClaims.User);
        denials.Record(
            user.Identity?.Name,
            isService ? AuditActor.System : AuditActor.User,
            id is null || UserIds.ProblemOf(id) is not null ? PartitionKey.Anonymous : PartitionKey.Named(UserIds.Of(user.FindFirstValue(CallerClaims.Tenant), id)),
            context.AskedFor(),
            reason);
    }
}
