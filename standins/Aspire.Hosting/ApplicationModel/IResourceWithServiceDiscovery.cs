namespace Aspire.Hosting.ApplicationModel;

public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;
