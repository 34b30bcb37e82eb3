namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class StatefulSetSpecV1
{
    public string? ServiceName { get; set; }

    public PodTemplateSpecV1 Template { get; set; } = new();

    public LabelSelectorV1 Selector { get; set; } = new();

    public int? Replicas { get; set; }
}
