namespace Loomflow.Redis.Memory;

/// <summary>What an index in this process knows of an episode; the rest is read from Redis when it is found.</summary>
internal readonly record struct EpisodeEntry(string Id, DateTimeOffset OccurredAt);
