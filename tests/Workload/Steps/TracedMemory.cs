using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.Workload.Steps;

/// <summary>A memory that learns nothing and whose embedder fails, where the settings ask for it: there are metrics for both.</summary>
internal sealed class TracedMemory : IFactExtractor, IEmbeddingGenerator<string, Embedding<float>>
{
    public static IHostApplicationBuilder Add(IHostApplicationBuilder builder)
    {
        if (Environment.GetEnvironmentVariable("WORKLOAD_MEMORY") is not "broken") return builder;
        builder.Services.AddSingleton<IFactExtractor>(new TracedMemory());
        builder.Services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(new TracedMemory());
        return builder;
    }

    public ValueTask<IReadOnlyList<ExtractedFact>> ExtractAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default) => new([]);

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new IOException("There are no embeddings here.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
        // Nothing is held.
    }
}
