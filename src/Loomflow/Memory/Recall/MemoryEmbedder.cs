using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Loomflow;

/// <summary>
/// Asks the embedder for vectors. Memory works without one: an embedder that fails or is slow costs likeness of meaning for
/// that text, says so in log and metrics, and never the text itself.
/// </summary>
internal sealed partial class MemoryEmbedder
{
    private readonly IEmbeddingGenerator<string, Embedding<float>> _embedder;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public MemoryEmbedder(IEmbeddingGenerator<string, Embedding<float>>? embedder, TimeSpan timeout, TimeProvider time, ILogger logger)
    {
        _embedder = embedder ?? new HashEmbedder();
        _timeout = timeout;
        _time = time;
        _logger = logger;
        var metadata = _embedder.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata;
        Id = StableHash($"{metadata?.ProviderName}/{metadata?.DefaultModelId}/{metadata?.DefaultModelDimensions}");
        Dimensions = metadata?.DefaultModelDimensions;
    }

    /// <summary>Names provider, model and dimensions; the same in every process.</summary>
    public int Id { get; }

    /// <summary>The length of the vectors where the embedder says it.</summary>
    public int? Dimensions { get; }

    /// <summary>The vector of a text, or <see langword="null"/> where there is none to be had.</summary>
    public async ValueTask<QuantizedVector?> EmbedAsync(string text, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (_embedder is HashEmbedder local) return QuantizedVector.From(local.Embed(text), Id);

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = _time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), deadline, _timeout, Timeout.InfiniteTimeSpan);
        try
        {
            // WaitAsync as well: an embedder may not look at the token.
            var embeddings = await _embedder.GenerateAsync([text], null, deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false);
            return QuantizedVector.From(embeddings[0].Vector.Span, Id);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            MemoryMetrics.EmbeddingFailed();
            Log.EmbeddingFailed(_logger, failure);
            return null;
        }
    }

    // FNV-1a: string.GetHashCode differs from process to process.
    private static int StableHash(string text) => unchecked((int)text.Aggregate(2166136261u, (hash, unit) => (hash ^ unit) * 16777619u));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The embedder gave no vector; this text is found by its words only.")]
        public static partial void EmbeddingFailed(ILogger logger, Exception failure);
    }
}
