using Loomflow.Audit;

namespace Loomflow;

/// <summary>Makes the context of a run in this process: what its options say, else what its author says, else what the run around it has.</summary>
internal static class InProcessContext
{
    public static RunContext Create(
        string name, RunOptions options, RunStream? stream, IAuditLog? auditLog = null, IMemory? memory = null, string? responseTone = null, bool auditFullContent = false)
    {
        var scope = StepScope.Current;
        var outer = scope?.Context;
        var runId = options.RunId ?? RunIdentity.NewRunId();
        var run = new RunIdentity
        {
            RunId = runId,
            RootRunId = outer?.Run.RootRunId ?? runId,
            ParentRunId = outer?.RunId,
            Name = name,
            Partition = options.UserId is null ? outer?.Run.Partition ?? PartitionKey.Anonymous : PartitionKey.Of(options.UserId),
            SessionId = options.SessionId ?? outer?.SessionId ?? RunIdentity.NewSessionId(),
            Metadata = Merge(outer?.Metadata, options.Metadata),
        };
        var time = options.Time ?? outer?.Time ?? TimeProvider.System;
        var audit = options.AuditLog ?? auditLog ?? outer?.AuditLog;
        return new RunContext
        {
            Run = run,
            Events = new InProcessRunLog(run, time, audit, stream, auditFullContent),
            Usage = new UsageMeter(scope?.Usage),
            Memory = options.Memory ?? memory ?? outer?.Memory,
            ResponseTone = options.ResponseTone ?? responseTone ?? outer?.ResponseTone,
            AuditLog = audit,
            Approvals = options.Approvals ?? outer?.Approvals,
            Dispatcher = options.Dispatcher ?? outer?.Dispatcher,
            Time = time,
            Services = options.Services ?? outer?.Services,
        };
    }

    private static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string>? inherited, IReadOnlyDictionary<string, string> own)
    {
        if (inherited is null || inherited.Count == 0) return own;
        if (own.Count == 0) return inherited;
        var merged = new Dictionary<string, string>(inherited, StringComparer.Ordinal);
        foreach (var (key, value) in own) merged[key] = value;
        return merged;
    }
}
