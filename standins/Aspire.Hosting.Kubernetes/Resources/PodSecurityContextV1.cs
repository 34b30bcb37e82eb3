namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class PodSecurityContextV1
{
    public long? FsGroup { get; set; }

    public long? RunAsGroup { get; set; }

    public long? RunAsUser { get; set; }

    public bool? RunAsNonRoot { get; set; }
}
