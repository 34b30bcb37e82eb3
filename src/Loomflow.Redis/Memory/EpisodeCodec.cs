using System.Text.Json;
using StackExchange.Redis;

namespace Loomflow.Redis.Memory;

/// <summary>Episodes as Redis keeps them: the place in the conversation, a line feed, and JSON.</summary>
internal static class EpisodeCodec
{
    /// <summary>Encoded session and sortable time: what the episodes of a conversation are ordered by.</summary>
    public static string Place(Episode episode) => $"{Session(episode.SessionId)}:{MemoryTime.Sortable(episode.OccurredAt)}";

    public static string Session(string sessionId) => PercentEncoding.Encode(sessionId);

    public static string SessionId(string encoded) => PercentEncoding.Decode(encoded);

    public static byte[] Json(Episode episode) => JsonSerializer.SerializeToUtf8Bytes(episode, PayloadSerializer.Options);

    /// <summary>Reads a body; <see langword="null"/> where there is none.</summary>
    public static Episode? Read(RedisValue body)
    {
        if (body.IsNullOrEmpty) return null;
        var bytes = ((ReadOnlyMemory<byte>)body).Span;
        return JsonSerializer.Deserialize<Episode>(bytes[(bytes.IndexOf((byte)'\n') + 1)..], PayloadSerializer.Options);
    }
}
