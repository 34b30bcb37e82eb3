using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aspire.Hosting.Kubernetes;

/// <summary>The objects of Kubernetes that a resource is published as.</summary>
public class KubernetesResource(string name, IResource resource, KubernetesEnvironmentResource kubernetesEnvironmentResource)
    : Resource(name), IResourceWithParent<KubernetesEnvironmentResource>
{
    public KubernetesEnvironmentResource Parent { get; } = kubernetesEnvironmentResource;

    public Workload? Workload { get; set; }

    public ConfigMap? ConfigMap { get; set; }

    public Secret? Secret { get; set; }

    public Service? Service { get; set; }

    public List<BaseKubernetesResource> AdditionalResources { get; } = [];

    internal IResource TargetResource { get; } = resource;

    internal List<PersistentVolumeClaim> PersistentVolumeClaims { get; } = [];

    internal IEnumerable<BaseKubernetesResource> All =>
        new BaseKubernetesResource?[] { Workload, ConfigMap, Secret, Service }.OfType<BaseKubernetesResource>().Concat(PersistentVolumeClaims).Concat(AdditionalResources);
}
