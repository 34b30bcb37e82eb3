using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>Runs as the wire has them.</summary>
internal static class RunReferences
{
    public static RunReference Write(RunIdentity run)
    {
        var reference = new RunReference
        {
            RunId = run.RunId,
            RootRunId = run.RootRunId,
            ParentRunId = run.ParentRunId ?? "",
            Name = run.Name,
            Partition = run.Partition.Encode(),
            SessionId = run.SessionId,
        };
        foreach (var (key, value) in run.Metadata) reference.Metadata[key] = value;
        return reference;
    }
}
