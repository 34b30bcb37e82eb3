namespace Loomflow.Aspire.AppHost.Tests.Deployment;

/// <summary>A service as a file in <c>deploy/</c> has it.</summary>
internal sealed record DeployedService(
    string Name, string Image, IReadOnlyDictionary<string, string> Environment, IReadOnlyCollection<int> Ports, IReadOnlyCollection<string> Mounts, int? Replicas);
