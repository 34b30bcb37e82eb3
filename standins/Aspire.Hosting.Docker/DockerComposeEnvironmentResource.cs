using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Publishing;
using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting.Docker;

/// <summary>A target for publishing. In run mode it does nothing.</summary>
public class DockerComposeEnvironmentResource(string name) : Resource(name), IComputeEnvironmentResource, IPublishingTarget
{
    public bool DashboardEnabled { get; set; } = true;

    internal Action<ComposeFile>? ConfigureComposeFile { get; set; }

    Task IPublishingTarget.PublishAsync(DistributedApplicationModel model, DistributedApplicationExecutionContext context, string outputPath, CancellationToken cancellationToken) =>
        new ComposePublisher(this, context).WriteAsync(model, outputPath, cancellationToken);
}
