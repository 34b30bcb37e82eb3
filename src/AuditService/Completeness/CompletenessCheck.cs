using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Completeness;

/// <summary>
/// Reconciles what began with what ended: every run has one beginning and one end, and a run that completed has a decision for
/// each approval that it asked for. Goes through the log once; memory grows with the runs that are open, not with the log.
/// </summary>
internal sealed class CompletenessCheck(AuditLog log, LogReader reader)
{
    private const int MaxListed = 1_000;

    private static readonly string[] s_beginnings = [AuditAction.WorkflowStarted, AuditAction.RunStarted];

    private static readonly string[] s_completions = [AuditAction.WorkflowCompleted, AuditAction.RunCompleted];

    private static readonly string[] s_otherEnds = [AuditAction.WorkflowFailed, AuditAction.WorkflowCancelled, AuditAction.RunFailed, AuditAction.RunCancelled];

    private static readonly string[] s_approvals = [AuditAction.ApprovalRequested, AuditAction.ApprovalDecided];

    public CompletenessReport Run()
    {
        var open = new Dictionary<string, OpenRun>(StringComparer.Ordinal);
        var violations = new List<CompletenessReport.Violation>();
        var (runs, violationCount) = (0L, 0L);
        var size = log.Size;
        foreach (var record in reader.ReadActions([.. s_beginnings, .. s_completions, .. s_otherEnds, .. s_approvals]))
        {
            var (action, runId) = (record.Entry.Action, record.Entry.RunId ?? "");
            var run = open.GetValueOrDefault(runId);
            if (s_beginnings.Contains(action))
            {
                runs++;
                if (run is not null) Violated(record, $"the run began before, with entry {run.Sequence}, and had not ended");
                open[runId] = new OpenRun(record.Sequence, record.Entry.Time);
            }
            else if (s_approvals.Contains(action))
            {
                if (run is null) Violated(record, "an approval of a run that is not under way");
                else if (action == AuditAction.ApprovalRequested) run.OpenApprovals++;
                else if (--run.OpenApprovals < 0) Violated(record, "a decision that nobody had asked for");
            }
            else
            {
                if (run is null) Violated(record, "the end of a run that had not begun, or had ended before");
                else if (run.OpenApprovals > 0 && s_completions.Contains(action)) Violated(record, $"the run completed with {run.OpenApprovals} approvals undecided");
                open.Remove(runId);
            }
        }

        return new CompletenessReport
        {
            Size = size,
            Runs = runs,
            UnfinishedCount = open.Count,
            Unfinished = [.. open.OrderBy(run => run.Value.Sequence).Take(MaxListed).Select(run => new CompletenessReport.UnfinishedRun(run.Key, run.Value.Sequence, run.Value.Since, run.Value.OpenApprovals))],
            ViolationCount = violationCount,
            Violations = violations,
        };

        void Violated(AuditRecord record, string detail)
        {
            if (violationCount++ < MaxListed) violations.Add(new CompletenessReport.Violation(record.Entry.RunId ?? "", record.Sequence, $"{record.Entry.Action}: {detail}"));
        }
    }

    private sealed class OpenRun(long sequence, DateTimeOffset since)
    {
        public long Sequence => sequence;

        public DateTimeOffset Since => since;

        public int OpenApprovals { get; set; }
    }
}
