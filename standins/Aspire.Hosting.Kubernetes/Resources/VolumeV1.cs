namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class VolumeV1
{
    public string Name { get; set; } = null!;

    public EmptyDirVolumeSourceV1? EmptyDir { get; set; }

    public PersistentVolumeClaimVolumeSourceV1? PersistentVolumeClaim { get; set; }
}
