namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class ServiceSpecV1
{
    public string Type { get; set; } = "ClusterIP";

    public Dictionary<string, string> Selector { get; set; } = [];

    public List<ServicePortV1> Ports { get; } = [];
}
