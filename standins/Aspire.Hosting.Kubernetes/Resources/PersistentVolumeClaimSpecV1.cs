namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class PersistentVolumeClaimSpecV1
{
    public string? StorageClassName { get; set; }

    public List<string> AccessModes { get; } = [];

    public VolumeResourceRequirementsV1 Resources { get; set; } = new();
}
