namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class Secret() : BaseKubernetesResource("v1", "Secret")
{
    public Dictionary<string, string> StringData { get; } = [];

    public string Type { get; set; } = "Opaque";
}
