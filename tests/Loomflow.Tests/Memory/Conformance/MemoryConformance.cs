using System.Text.Json;
using Loomflow.Testing;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.Memory;

/// <summary>What every memory store does, shown on each of them. A store's test class derives from it and says how to open the store.</summary>
public abstract partial class MemoryConformance
{
    protected static readonly PartitionKey Alice = PartitionKey.Named("alice");
    protected static readonly PartitionKey Bob = PartitionKey.Named("bob");

    protected ManualTimeProvider Time { get; } = new();

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens this test's store: the same data each time, as another process would see it.</summary>
    protected abstract IMemory Open(MemoryOptions? options = null, IEmbeddingGenerator<string, Embedding<float>>? embedder = null);

    protected Episode NewEpisode(string input, string output = "Noted.", string session = "s1", TimeSpan age = default, string? id = null) => new()
    {
        Id = id ?? Episode.NewId(),
        SessionId = session,
        OccurredAt = Time.GetUtcNow() - age,
        Input = input,
        Output = output,
    };

    protected Fact NewFact(string subject, string predicate, string value, TimeSpan age = default, string? id = null) => new()
    {
        Id = id ?? Fact.NewId(),
        Subject = subject,
        Predicate = predicate,
        Object = value,
        ValidFrom = Time.GetUtcNow() - age,
        RecordedAt = Time.GetUtcNow(),
    };

    protected static async Task<string[]> Inputs(IMemory memory, PartitionKey partition, RecallQuery query) =>
        [.. (await memory.RecallAsync(partition, query, Cancellation)).Select(recalled => recalled.Item.Input)];

    protected static async Task<string[]> Objects(IMemory memory, PartitionKey partition, FactQuery query) =>
        [.. (await memory.RecallFactsAsync(partition, query, Cancellation)).Select(recalled => recalled.Item.Object)];

    // Records hold lists, which compare by reference.
    private static string Json<T>(T value) => JsonSerializer.Serialize(value);
}
