namespace Loomflow.Aspire.EndToEnd.Tests.CrashPoints;

/// <summary>What came of stopping an orchestrator at one place.</summary>
/// <param name="Place">Where it was, in words.</param>
/// <param name="Repeated">What was begun more than once, by idempotency key.</param>
internal sealed record Stopped(string Place, IReadOnlyList<string> Repeated);
