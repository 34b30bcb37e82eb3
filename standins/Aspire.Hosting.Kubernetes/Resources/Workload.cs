using YamlDotNet.Serialization;

namespace Aspire.Hosting.Kubernetes.Resources;

public abstract class Workload(string apiVersion, string kind) : BaseKubernetesResource(apiVersion, kind)
{
    [YamlIgnore]
    public abstract PodTemplateSpecV1 PodTemplate { get; }
}
