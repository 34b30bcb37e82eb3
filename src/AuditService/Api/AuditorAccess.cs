using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.AspNetCore.Authentication;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>Who may read over HTTP: services with the scope, and people who know the auditor's key.</summary>
internal static class AuditorAccess
{
    public const string Policy = "audit.http";

    public const string Scheme = "Auditor";

    private const string ServiceScheme = "Service";

    public static void AddAuditorAccess(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, AuditorAuthenticationHandler>(Scheme, null);
        services.AddAuthorizationBuilder().AddPolicy(Policy, policy => policy.AddAuthenticationSchemes(ServiceScheme, Scheme).RequireClaim(CallerClaims.Scope, Scopes.AuditRead));
    }
}
