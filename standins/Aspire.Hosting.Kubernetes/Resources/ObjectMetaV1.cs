namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class ObjectMetaV1
{
    public string? Name { get; set; }

    public string? Namespace { get; set; }

    public Dictionary<string, string> Annotations { get; } = [];

    public Dictionary<string, string> Labels { get; set; } = [];
}
