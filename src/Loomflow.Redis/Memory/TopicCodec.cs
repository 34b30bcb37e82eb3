using System.Collections.Immutable;
using System.Text.Json;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>The facts of a topic as Redis keeps them: a JSON array, or nothing where there are none.</summary>
internal static class TopicCodec
{
    public static RedisValue Write(ImmutableArray<Fact> facts) =>
        facts.IsEmpty ? RedisValue.EmptyString : JsonSerializer.Serialize(facts.AsEnumerable(), PayloadSerializer.Options);

    public static ImmutableArray<Fact> Read(RedisValue json) =>
        json.IsNullOrEmpty ? [] : JsonSerializer.Deserialize<ImmutableArray<Fact>>(((ReadOnlyMemory<byte>)json).Span, PayloadSerializer.Options);
}
