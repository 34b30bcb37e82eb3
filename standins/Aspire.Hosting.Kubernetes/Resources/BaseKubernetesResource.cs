using YamlDotNet.Serialization;

namespace Aspire.Hosting.Kubernetes.Resources;

public abstract class BaseKubernetesResource(string apiVersion, string kind)
{
    [YamlMember(Order = -3)]
    public string? ApiVersion { get; set; } = apiVersion;

    [YamlMember(Order = -2)]
    public string? Kind { get; set; } = kind;

    [YamlMember(Order = -1)]
    public ObjectMetaV1 Metadata { get; set; } = new();
}
