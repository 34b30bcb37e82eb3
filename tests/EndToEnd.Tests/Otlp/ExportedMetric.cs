namespace Loomflow.Aspire.EndToEnd.Tests.Otlp;

/// <summary>One exported metric, with the tags that its points have.</summary>
public sealed record ExportedMetric(string Service, string Meter, string Name, string Unit, IReadOnlySet<string> Tags);
