namespace Loomflow.Aspire.EndToEnd.Tests.Otlp;

/// <summary>One exported span.</summary>
public sealed record ExportedSpan
{
    public required string Service { get; init; }

    public required string TraceId { get; init; }

    public required string SpanId { get; init; }

    public required string ParentId { get; init; }

    public required string Name { get; init; }

    /// <summary>Nanoseconds since 1970.</summary>
    public required ulong Start { get; init; }

    public required ulong End { get; init; }

    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>The spans that it links to.</summary>
    public required IReadOnlyList<string> Links { get; init; }

    public required bool IsError { get; init; }

    public required string StatusMessage { get; init; }

    /// <summary>Everything that it says, for searching.</summary>
    public required string Text { get; init; }

    public bool IsLoom => Name.StartsWith("loom.", StringComparison.Ordinal);

    public string? this[string attribute] => Attributes.GetValueOrDefault(attribute);
}
