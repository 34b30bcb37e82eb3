namespace Aspire.Hosting.ApplicationModel;

public interface IComputeEnvironmentResource : IResource;
