namespace Loomflow.V1;

/// <summary>Runs as the wire has them, and back.</summary>
public static class RunReferences
{
    /// <summary>Writes who and what a run is.</summary>
    public static RunReference Write(RunIdentity run)
    {
        ArgumentNullException.ThrowIfNull(run);
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

    /// <summary>Reads who and what a run is.</summary>
    /// <exception cref="FormatException">The partition is not an encoded partition key.</exception>
    public static RunIdentity Read(RunReference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return new RunIdentity
        {
            RunId = reference.RunId,
            RootRunId = reference.RootRunId.Length > 0 ? reference.RootRunId : reference.RunId,
            ParentRunId = reference.ParentRunId.Length > 0 ? reference.ParentRunId : null,
            Name = reference.Name,
            Partition = PartitionKey.Decode(reference.Partition),
            SessionId = reference.SessionId,
            Metadata = reference.Metadata.ToDictionary(),
        };
    }
}
