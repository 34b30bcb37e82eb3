using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>An environment that the application can be published for.</summary>
internal interface IPublishingTarget
{
    Task PublishAsync(DistributedApplicationModel model, DistributedApplicationExecutionContext context, string outputPath, CancellationToken cancellationToken);
}
