using System.Diagnostics;
using System.Text.Json;
using Loomflow.Audit;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>What callers do that is audited before it happens: without the entry it does not.</summary>
public sealed class AccessAudit(IAuditLog audit, TimeProvider time)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Records what is about to be done, and returns when the entry is durable.</summary>
    /// <param name="caller">Who does it.</param>
    /// <param name="action">One of <see cref="AuditAction"/>.</param>
    /// <param name="owner">Whose things it is done to.</param>
    /// <param name="payload">What else there is to say, the caller's name among it. No property is named like a secret: the audit log would not keep it.</param>
    /// <param name="cancellationToken">Ends the wait for the audit log.</param>
    /// <exception cref="CallerRefusedException">The audit log cannot be reached.</exception>
    public async Task RecordAsync<T>(Caller caller, string action, PartitionKey owner, T payload, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        using var limit = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await audit.AppendAsync(
                new AuditEntry
                {
                    EventId = $"access/{Guid.CreateVersion7():n}",
                    Time = time.GetUtcNow(),
                    Action = action,
                    Actor = caller.IsService ? AuditActor.System : AuditActor.User,
                    Partition = owner,
                    Subject = caller.AskedFor,
                    TraceId = Activity.Current?.TraceId.ToHexString(),
                    SpanId = Activity.Current?.SpanId.ToHexString(),
                    Payload = JsonSerializer.SerializeToUtf8Bytes(payload),
                },
                either.Token);
        }
        catch (Exception away) when (away is AuditException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw CallerRefusedException.NotAudited(away);
        }
    }
}
