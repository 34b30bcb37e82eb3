namespace Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

public sealed class Resources
{
    public ResourceSpec? Limits { get; set; }

    public ResourceSpec? Reservations { get; set; }
}
