namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class LabelSelectorV1
{
    public Dictionary<string, string> MatchLabels { get; set; } = [];
}
