namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class SecretEnvSourceV1
{
    public string Name { get; set; } = null!;
}
