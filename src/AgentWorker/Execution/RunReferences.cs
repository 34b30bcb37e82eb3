using System.Collections.Immutable;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>Runs as the wire has them.</summary>
internal static class RunReferences
{
    /// <exception cref="FormatException">The partition is not an encoded partition key.</exception>
    public static RunIdentity Read(RunReference run) => new()
    {
        RunId = run.RunId,
        RootRunId = run.RootRunId.Length > 0 ? run.RootRunId : run.RunId,
        ParentRunId = run.ParentRunId.Length > 0 ? run.ParentRunId : null,
        Name = run.Name,
        Partition = PartitionKey.Decode(run.Partition),
        SessionId = run.SessionId,
        Metadata = run.Metadata.ToImmutableDictionary(StringComparer.Ordinal),
    };

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
