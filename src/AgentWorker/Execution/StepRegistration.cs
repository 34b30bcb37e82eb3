namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>An agent or step to be hosted under a name.</summary>
internal sealed record StepRegistration(string Name, Func<IServiceProvider, Step> Create);
