using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>
/// The keys of one partition. All of them carry the partition as the hash tag, and every script is given all of them, in this order.
/// </summary>
internal sealed class MemoryKeys
{
    private readonly string _documents;

    public MemoryKeys(string prefix, PartitionKey partition)
    {
        Tag = partition.Encode();
        var root = $"{prefix}:{{{Tag}}}:";
        Meta = root + "meta";
        Episodes = root + "ep";
        EpisodeVectors = root + "ep:vec";
        EpisodesByTime = root + "ep:time";
        Topics = root + "fact";
        FactVectors = root + "fact:vec";
        Blocks = root + "block";
        All =
        [
            Meta, root + "log", Episodes, EpisodeVectors, EpisodesByTime, root + "ep:session", root + "session",
            Topics, FactVectors, root + "fact:time", root + "fact:end", Blocks,
        ];
        _documents = $"{DocumentPrefix(prefix)}{{{Tag}}}:";
    }

    /// <summary>The partition, encoded.</summary>
    public string Tag { get; }

    public RedisKey Meta { get; }

    public RedisKey Episodes { get; }

    public RedisKey EpisodeVectors { get; }

    public RedisKey EpisodesByTime { get; }

    public RedisKey Topics { get; }

    public RedisKey FactVectors { get; }

    public RedisKey Blocks { get; }

    public RedisKey[] All { get; }

    /// <summary>What the search module's documents of all partitions begin with.</summary>
    public static string DocumentPrefix(string prefix) => $"{prefix}-doc:";

    public RedisKey Document(string episodeId) => _documents + episodeId;

    public string? EpisodeOf(string document) => document.StartsWith(_documents, StringComparison.Ordinal) ? document[_documents.Length..] : null;
}
