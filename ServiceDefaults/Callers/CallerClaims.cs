using System.Security.Claims;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>What credentials of all kinds are read as: the names that JSON web tokens have for it.</summary>
public static class CallerClaims
{
    public const string User = "sub";

    public const string Tenant = "tenant";

    /// <summary>One scope, or several with blanks between them (RFC 8693 §4.2).</summary>
    public const string Scope = "scope";

    private const string ScopeOfMicrosoft = "scp";

    public static bool HasScope(this ClaimsPrincipal principal, string scope)
    {
        ArgumentNullException.ThrowIfNull(principal);
        return principal.Claims.Any(claim => claim.Type is Scope or ScopeOfMicrosoft && claim.Value.Split(' ').Contains(scope, StringComparer.Ordinal));
    }
}
