namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>How calls to workers prove who makes them.</summary>
/// <param name="Create">Makes a handler that puts the proof on every call of one channel.</param>
internal sealed record WorkerCredentials(Func<DelegatingHandler> Create);
