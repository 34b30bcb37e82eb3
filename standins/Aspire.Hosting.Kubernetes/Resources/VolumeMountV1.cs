namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class VolumeMountV1
{
    public string Name { get; set; } = null!;

    public string MountPath { get; set; } = null!;

    public bool? ReadOnly { get; set; }
}
