using System.Security.Claims;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.AspNetCore.Http;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>Who calls and for whom: what a credential says, and nothing that a body or a header could say without it.</summary>
/// <remarks>Endpoints take it as a parameter.</remarks>
public sealed record Caller
{
    /// <summary>The credential's name, for the record: <c>key:…</c>, a service, or the subject of a token.</summary>
    public required string Name { get; init; }

    /// <summary>The user that the call is made for, with the tenant; <see langword="null"/> for services and for keys of a whole tenant.</summary>
    public string? UserId { get; init; }

    public string? Tenant { get; init; }

    /// <summary>A service of the system: it carries the user of the run that it works for, and is trusted in that.</summary>
    public bool IsService { get; init; }

    /// <summary>What is asked for: the method and the route.</summary>
    public string AskedFor { get; init; } = "";

    public bool MayDelegate { get; init; }

    public bool IsAdmin { get; init; }

    /// <summary>Whether what belongs to a user is this caller's to see. What is not looks as if it did not exist.</summary>
    public bool CanReach(PartitionKey owner) =>
        IsService
        || (UserId is not null && owner.UserId == UserId)
        || (IsAdmin && (Tenant is null || owner.Tenant == Tenant));

    /// <summary>Whether this is one of the users that a name in a workflow's definition means, where the owner of the run has the tenant.</summary>
    public bool IsNamedBy(string user, PartitionKey owner) =>
        UserId is not null && UserId == (user.Contains(PartitionKey.TenantSeparator) ? user : UserIds.Of(owner.Tenant, user));

    /// <summary>The user that something new belongs to; nobody where a service works for nobody.</summary>
    /// <exception cref="CallerRefusedException">A whole tenant's key, and no user is named.</exception>
    public string? RequireUser() => UserId ?? (IsService ? null : throw CallerRefusedException.NoUser());

    public static ValueTask<Caller?> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ValueTask.FromResult<Caller?>(context.Caller());
    }

    /// <exception cref="CallerRefusedException">The credential's subject cannot be a user id.</exception>
    internal static Caller Of(ClaimsPrincipal principal)
    {
        var name = principal.Identity?.Name;
        if (principal.Identity?.AuthenticationType == ServiceAuthenticationHandler.SchemeName) return new Caller { Name = name ?? "service", IsService = true };
        var tenant = principal.FindFirstValue(CallerClaims.Tenant);
        var user = principal.FindFirstValue(CallerClaims.User) ?? principal.FindFirstValue(ClaimTypes.NameIdentifier);
        foreach (var part in new[] { tenant, user })
        {
            if (part is not null && UserIds.ProblemOf(part) is { } problem) throw CallerRefusedException.UnfitCredential(problem);
        }

        return new Caller
        {
            Name = name ?? user ?? "unnamed",
            Tenant = tenant,
            UserId = user is null ? null : UserIds.Of(tenant, user),
            MayDelegate = principal.HasScope(UserScopes.Delegate),
            IsAdmin = principal.HasScope(UserScopes.Admin),
        };
    }
}
