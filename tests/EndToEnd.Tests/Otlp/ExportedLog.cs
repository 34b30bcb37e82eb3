namespace Loomflow.Aspire.EndToEnd.Tests.Otlp;

/// <summary>One exported log record; scopes are among its attributes.</summary>
public sealed record ExportedLog(string Service, string Category, string Body, string TraceId, string SpanId, IReadOnlyDictionary<string, string> Attributes);
