using Loomflow.Aspire.AuditService.Completeness;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Tests;

public sealed class CompletenessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Run_RunsThatBeganAskedAndEnded_AreComplete()
    {
        var report = await RunAsync(
            ("a", AuditAction.WorkflowStarted), ("b", AuditAction.RunStarted), ("b", AuditAction.ApprovalRequested), ("b", AuditAction.ApprovalDecided),
            ("b", AuditAction.RunCompleted), ("a", AuditAction.WorkflowCompleted),
            // An approval that nobody decided before the run was cancelled is in order.
            ("c", AuditAction.WorkflowStarted), ("c", AuditAction.ApprovalRequested), ("c", AuditAction.WorkflowCancelled));

        report.ShouldSatisfyAllConditions(r => r.IsComplete.ShouldBeTrue(), r => r.Runs.ShouldBe(3), r => r.UnfinishedCount.ShouldBe(0));
    }

    [Fact]
    public async Task Run_RunsWithoutAnEnd_AreUnfinishedAndNoViolation()
    {
        var report = await RunAsync(("a", AuditAction.WorkflowStarted), ("b", AuditAction.WorkflowStarted), ("b", AuditAction.ApprovalRequested), ("a", AuditAction.WorkflowFailed));

        report.IsComplete.ShouldBeTrue();
        report.Unfinished.ShouldHaveSingleItem().ShouldSatisfyAllConditions(run => run.RunId.ShouldBe("b"), run => run.OpenApprovals.ShouldBe(1));
    }

    [Theory]
    [InlineData("had ended before", AuditAction.WorkflowStarted, AuditAction.WorkflowCompleted, AuditAction.WorkflowFailed)]
    [InlineData("had not begun", AuditAction.RunCompleted)]
    [InlineData("had not ended", AuditAction.WorkflowStarted, AuditAction.WorkflowStarted, AuditAction.WorkflowCompleted)]
    [InlineData("1 approvals undecided", AuditAction.WorkflowStarted, AuditAction.ApprovalRequested, AuditAction.WorkflowCompleted)]
    [InlineData("nobody had asked for", AuditAction.WorkflowStarted, AuditAction.ApprovalDecided, AuditAction.WorkflowCompleted)]
    [InlineData("not under way", AuditAction.ApprovalRequested)]
    public async Task Run_WhatNoOrderOfEventsExplains_IsAViolation(string detail, params string[] actions)
    {
        var report = await RunAsync([.. actions.Select(action => ("a", action))]);

        report.IsComplete.ShouldBeFalse();
        report.Violations.ShouldHaveSingleItem().ShouldSatisfyAllConditions(v => v.RunId.ShouldBe("a"), v => v.Detail.ShouldContain(detail));
    }

    // Small segments, so that the parts of a run lie in different ones.
    private async Task<CompletenessReport> RunAsync(params (string Run, string Action)[] entries)
    {
        await using var log = Samples.Open(_directory, new AuditOptions { SegmentEntries = 2 });
        for (var i = 0; i < entries.Length; i++) await log.AppendAsync(Samples.Entry(i, entries[i].Run) with { Action = entries[i].Action }, Cancel);
        return new CompletenessCheck(log, new LogReader(log)).Run();
    }
}
