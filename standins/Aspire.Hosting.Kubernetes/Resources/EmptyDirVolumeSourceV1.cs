namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class EmptyDirVolumeSourceV1
{
    public string? SizeLimit { get; set; }
}
