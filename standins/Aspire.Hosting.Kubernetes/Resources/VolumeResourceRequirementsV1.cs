namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class VolumeResourceRequirementsV1
{
    public Dictionary<string, string> Requests { get; } = [];
}
