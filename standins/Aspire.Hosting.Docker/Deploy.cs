namespace Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

public sealed class Deploy
{
    public int? Replicas { get; set; }

    public Resources? Resources { get; set; }
}
