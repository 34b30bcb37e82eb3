namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class DeploymentStrategyV1
{
    public RollingUpdateDeploymentV1 RollingUpdate { get; set; } = new();

    public string Type { get; set; } = "RollingUpdate";
}
