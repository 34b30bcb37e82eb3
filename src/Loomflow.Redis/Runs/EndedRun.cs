namespace Loomflow.Redis.Runs;

/// <summary>A run whose retention has begun: its id, and whose it was, which is where the lists have it.</summary>
internal readonly record struct EndedRun(string RunId, PartitionKey Partition)
{
    public static string Write(RunIdentity run) => $"{run.RunId} {run.Partition.Encode()}";

    public static EndedRun Read(string text)
    {
        var space = text.LastIndexOf(' ');
        return new EndedRun(text[..space], PartitionKey.Decode(text[(space + 1)..]));
    }
}
