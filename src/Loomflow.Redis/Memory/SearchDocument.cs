using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>An episode as the search module sees it.</summary>
/// <param name="Partition">The partition, encoded.</param>
/// <param name="Text">The words it is found by.</param>
/// <param name="VectorField">The field of the vector: one for each embedder.</param>
/// <param name="Vector">The vector as 32-bit floats, or nothing.</param>
internal sealed record SearchDocument(string Partition, string Text, string VectorField, RedisValue Vector)
{
    public RedisValue[] Arguments => [Partition, Text, VectorField, Vector];
}
