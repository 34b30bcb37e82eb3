using System.Diagnostics;
using System.Text.Json;
using Loomflow.Audit;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>Acting for another user: only with the scope for it, within the credential's tenant, and never without an audit entry that is there first.</summary>
public sealed class Delegation(IAuditLog audit, Denials denials, TimeProvider time)
{
    /// <summary>The header that names the user to act for.</summary>
    public const string Header = "Loomflow-User";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>The caller for the user that a request names, or for the credential's own when it names none.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="user">The user that the request names.</param>
    /// <param name="what">What is asked for, for the record.</param>
    /// <param name="cancellationToken">Ends the wait for the audit log.</param>
    /// <exception cref="CallerRefusedException">The caller may not, or the audit log cannot be reached.</exception>
    public async ValueTask<Caller> ActForAsync(Caller caller, string? user, string what, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (string.IsNullOrEmpty(user)) return caller;
        if (caller.IsService) return caller with { UserId = user };
        var named = NameOf(user, caller.Tenant);
        if (named == caller.UserId) return caller;
        if (!caller.MayDelegate)
        {
            denials.Record(caller, "the credential is not for other users", named);
            throw CallerRefusedException.NotDelegated();
        }

        var acting = caller with { UserId = named, Tenant = UserIds.TenantOf(named), MayDelegate = false, IsAdmin = false };
        await RecordAsync(caller, acting, what, cancellationToken);
        return acting;
    }

    private static string NameOf(string user, string? tenant)
    {
        var own = tenant is null ? UserIds.TenantOf(user) : tenant;
        var name = own is not null && user.StartsWith($"{own}{UserIds.Separator}", StringComparison.Ordinal) ? user[(own.Length + 1)..] : user;
        return UserIds.ProblemOf(name) is { } problem ? throw CallerRefusedException.UnfitUser(problem) : UserIds.Of(own, name);
    }

    private async Task RecordAsync(Caller caller, Caller acting, string what, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await audit.AppendAsync(
                new AuditEntry
                {
                    EventId = $"access/{Guid.CreateVersion7():n}",
                    Time = time.GetUtcNow(),
                    Action = AuditAction.AccessDelegated,
                    Actor = AuditActor.User,
                    Partition = PartitionKey.Of(acting.UserId),
                    Subject = what,
                    TraceId = Activity.Current?.TraceId.ToHexString(),
                    SpanId = Activity.Current?.SpanId.ToHexString(),
                    Payload = JsonSerializer.SerializeToUtf8Bytes(new { credential = caller.Name, user = caller.UserId, tenant = caller.Tenant }),
                },
                either.Token);
        }
        catch (Exception away) when (away is AuditException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw CallerRefusedException.NotAudited(away);
        }
    }
}
