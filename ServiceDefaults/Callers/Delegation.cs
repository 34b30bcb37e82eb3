using Loomflow.Audit;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>Acting for another user: only with the scope for it, within the credential's tenant, and never without an audit entry that is there first.</summary>
public sealed class Delegation(AccessAudit audit, Denials denials)
{
    /// <summary>The header that names the user to act for.</summary>
    public const string Header = "Loomflow-User";

    /// <summary>The caller for the user that a request names, or for the credential's own when it names none.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="user">The user that the request names.</param>
    /// <param name="cancellationToken">Ends the wait for the audit log.</param>
    /// <exception cref="CallerRefusedException">The caller may not, or the audit log cannot be reached.</exception>
    public async ValueTask<Caller> ActForAsync(Caller caller, string? user, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (string.IsNullOrEmpty(user)) return caller;
        if (caller.IsService) return caller with { UserId = NameOf(user, null) };
        var named = NameOf(user, caller.Tenant);
        if (named == caller.UserId) return caller;
        if (!caller.MayDelegate)
        {
            denials.Record(caller, "the credential is not for other users", named);
            throw CallerRefusedException.NotDelegated();
        }

        var acting = caller with { UserId = named, Tenant = PartitionKey.Named(named).Tenant, MayDelegate = false, IsAdmin = false };
        await audit.RecordAsync(
            caller, AuditAction.AccessDelegated, PartitionKey.Of(named), new { by = caller.Name, user = caller.UserId, tenant = caller.Tenant }, cancellationToken);
        return acting;
    }

    /// <summary>As <see cref="ActForAsync"/>, for what an admin may reach of other users, too: audited alike.</summary>
    /// <exception cref="CallerRefusedException">The caller may not, or the audit log cannot be reached.</exception>
    public ValueTask<Caller> ReachAsync(Caller caller, string? user, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return ActForAsync(caller.IsAdmin ? caller with { MayDelegate = true } : caller, user, cancellationToken);
    }

    private static string NameOf(string user, string? tenant)
    {
        var own = tenant is null ? PartitionKey.Named(user).Tenant : tenant;
        var name = own is not null && user.StartsWith($"{own}{PartitionKey.TenantSeparator}", StringComparison.Ordinal) ? user[(own.Length + 1)..] : user;
        var problem = UserIds.ProblemOf(name) ?? (own is null ? null : UserIds.ProblemOf(own));
        return problem is null ? UserIds.Of(own, name) : throw CallerRefusedException.UnfitUser(problem);
    }
}
