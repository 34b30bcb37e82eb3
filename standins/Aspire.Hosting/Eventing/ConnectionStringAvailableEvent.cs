using Aspire.Hosting.Eventing;

namespace Aspire.Hosting.ApplicationModel;

public class ConnectionStringAvailableEvent(IResource resource, IServiceProvider services) : IDistributedApplicationResourceEvent
{
    public IResource Resource { get; } = resource;

    public IServiceProvider Services { get; } = services;
}
