namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class PodSpecV1
{
    public bool? AutomountServiceAccountToken { get; set; }

    public List<ContainerV1> Containers { get; } = [];

    public long? TerminationGracePeriodSeconds { get; set; }

    public List<VolumeV1> Volumes { get; } = [];

    public PodSecurityContextV1? SecurityContext { get; set; }
}
