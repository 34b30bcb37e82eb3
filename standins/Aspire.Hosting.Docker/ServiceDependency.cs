namespace Aspire.Hosting.Docker.Resources.ServiceNodes;

public sealed class ServiceDependency
{
    public string? Condition { get; set; }
}
