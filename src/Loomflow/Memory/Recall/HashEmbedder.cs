using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// Embeddings without a model and without a network: words and their three-letter pieces, hashed into a vector of fixed length. Texts that
/// share words, or spellings of words, come out alike; synonyms do not. The same text gives the same vector in every process.
/// </summary>
public sealed class HashEmbedder : IEmbeddingGenerator<string, Embedding<float>>
{
    private const float PieceWeight = 1.5f;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Creates the embedder.</summary>
    /// <param name="dimensions">The length of the vectors, 64 to 4,096.</param>
    public HashEmbedder(int dimensions = 384)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 64);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, 4_096);
        Dimensions = dimensions;
        _metadata = new EmbeddingGeneratorMetadata("loomflow", defaultModelId: "hash-1", defaultModelDimensions: dimensions);
    }

    /// <summary>The length of the vectors.</summary>
    public int Dimensions { get; }

    /// <inheritdoc />
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(value => new Embedding<float>(Embed(value)))));
    }

    /// <summary>The vector of a text: of length 1, or all zero where the text has no words.</summary>
    public float[] Embed(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var vector = new float[Dimensions];
        foreach (var word in Words.Of(text))
        {
            Add(vector, Hash(word, seed: 0), 1);
            if (word.Length < 3) continue;
            var padded = $"^{word}$";
            var weight = PieceWeight / MathF.Sqrt(padded.Length - 2);
            for (var i = 0; i + 3 <= padded.Length; i++) Add(vector, Hash(padded.AsSpan(i, 3), seed: 1), weight);
        }

        DampAndScale(vector);
        return vector;
    }

    object? IEmbeddingGenerator.GetService(Type serviceType, object? serviceKey)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    void IDisposable.Dispose()
    {
    }

    private void Add(float[] vector, uint hash, float weight) =>
        vector[(hash >> 1) % (uint)Dimensions] += (hash & 1) == 0 ? weight : -weight;

    // The tenth time a word comes says less than the first.
    private static void DampAndScale(float[] vector)
    {
        var squares = 0f;
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = MathF.CopySign(MathF.Log(1 + MathF.Abs(vector[i])), vector[i]);
            squares += vector[i] * vector[i];
        }

        if (squares == 0) return;
        var norm = MathF.Sqrt(squares);
        for (var i = 0; i < vector.Length; i++) vector[i] /= norm;
    }

    // FNV-1a over the UTF-16 code units, with a final mix: its low bits alone are too regular.
    private static uint Hash(ReadOnlySpan<char> text, uint seed)
    {
        var hash = 2166136261u ^ seed;
        foreach (var unit in text)
        {
            hash = (hash ^ (byte)unit) * 16777619u;
            hash = (hash ^ (byte)(unit >> 8)) * 16777619u;
        }

        hash ^= hash >> 16;
        hash *= 0x85ebca6bu;
        hash ^= hash >> 13;
        hash *= 0xc2b2ae35u;
        return hash ^ (hash >> 16);
    }
}
