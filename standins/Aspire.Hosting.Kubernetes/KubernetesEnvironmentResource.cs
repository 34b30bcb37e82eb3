using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Publishing;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting.Kubernetes;

/// <summary>A target for publishing. In run mode it does nothing.</summary>
public sealed class KubernetesEnvironmentResource(string name) : Resource(name), IComputeEnvironmentResource, IPublishingTarget
{
    /// <summary>Where volumes are kept: emptyDir, hostPath or pvc; the stand-in knows the first and the last.</summary>
    public string DefaultStorageType { get; set; } = "emptyDir";

    public string? DefaultStorageClassName { get; set; }

    public string DefaultStorageSize { get; set; } = "1Gi";

    public string DefaultStorageReadWritePolicy { get; set; } = "ReadWriteOnce";

    public string DefaultImagePullPolicy { get; set; } = "IfNotPresent";

    public string DefaultServiceType { get; set; } = "ClusterIP";

    Task IPublishingTarget.PublishAsync(DistributedApplicationModel model, DistributedApplicationExecutionContext context, string outputPath, CancellationToken cancellationToken) =>
        new HelmChartPublisher(this, context).WriteAsync(model, outputPath, cancellationToken);
}
