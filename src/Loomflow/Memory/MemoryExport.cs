using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loomflow;

/// <summary>Everything that is kept of one partition, in a form to hand to the person whose it is.</summary>
public sealed record MemoryExport
{
    private static readonly JsonSerializerOptions s_indented = new(PayloadSerializer.Options) { WriteIndented = true };

    /// <summary>The version of this form.</summary>
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    /// <summary>The user's id; <see langword="null"/> for the anonymous bucket.</summary>
    public string? UserId { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset ExportedAt { get; init; }

    /// <summary>The working blocks.</summary>
    public required IReadOnlyList<MemoryBlock> Blocks { get; init; }

    /// <summary>The facts, oldest first, those that no longer hold included.</summary>
    public required IReadOnlyList<Fact> Facts { get; init; }

    /// <summary>The episodes, oldest first.</summary>
    public required IReadOnlyList<Episode> Episodes { get; init; }

    /// <summary>Writes the export as indented JSON.</summary>
    public Task WriteJsonAsync(Stream stream, CancellationToken cancellationToken = default) =>
        JsonSerializer.SerializeAsync(stream, this, s_indented, cancellationToken);

    /// <summary>The export as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_indented);
}
