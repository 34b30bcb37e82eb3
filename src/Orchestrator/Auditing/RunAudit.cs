using System.Globalization;
using Grpc.Core;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Auditing;

/// <summary>
/// What the audit log says of a run, for whoever may see the run. It is asked with the orchestrator's own credential and by the run's user and ids, never
/// by anything that the caller sent.
/// </summary>
internal sealed class RunAudit(RunService runs, AuditReader.AuditReaderClient audit)
{
    public const int DefaultPageSize = 100;
    public const int MaxPageSize = 200;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>One page of the records about a run and all that were started below it, in the order of the log; about a child run, of itself.</summary>
    /// <exception cref="RunRefusedException">There is no such run for the caller, the page cannot be, or the audit log is away.</exception>
    public async Task<QueryReply> ReadAsync(Caller caller, string runId, string? cursor, int pageSize, CancellationToken cancellationToken)
    {
        var run = (await runs.FindAsync(caller, runId)).Header.Run;
        if (pageSize is < 1 or > MaxPageSize) throw new RunRefusedException(RunRefusal.BadPageSize, $"A page has from 1 to {MaxPageSize} records, not {pageSize}.");
        var place = cursor ?? "";
        if (place.Length > 0 && !long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out _)) throw RunRefusedException.BadCursor(place);
        var query = new QueryRequest { Partition = run.Partition.Encode(), PageToken = place, PageSize = pageSize };
        if (run.RootRunId == run.RunId) query.RootRunId = run.RunId;
        else query.RunId = run.RunId;
        try
        {
            return await audit.QueryAsync(query, deadline: DateTime.UtcNow + s_patience, cancellationToken: cancellationToken);
        }
        catch (RpcException away) when (away.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded && !cancellationToken.IsCancellationRequested)
        {
            throw new RunRefusedException(RunRefusal.AuditAway, "The audit log is not reachable right now; nothing of it is lost. Try again.", away);
        }
    }
}
