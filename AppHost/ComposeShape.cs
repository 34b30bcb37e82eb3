using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

namespace Loomflow.Aspire.AppHost;

/// <summary>How services look in a Docker Compose file.</summary>
internal static class ComposeShape
{
    public static void ApplyToService(Service service, ProjectResource project, string cpus, int memoryMegabytes, int stopSeconds)
    {
        Apply(service, cpus, memoryMegabytes, stopSeconds, project.GetReplicaCount());
        service.ReadOnly = true;
        service.Tmpfs = ["/tmp"];
        service.CapDrop = ["ALL"];
        service.SecurityOpt = ["no-new-privileges:true"];
        var assembly = Path.GetFileNameWithoutExtension(project.GetProjectMetadata().ProjectPath);
        service.Healthcheck = Check(["CMD", "dotnet", $"/app/{assembly}.dll", "health", $"http://127.0.0.1:{ServiceExtensions.HttpPort}/health"]);

        // Everything has a health check here, so that waiting means what it means locally.
        foreach (var dependency in service.DependsOn.Values) dependency.Condition = "service_healthy";
    }

    public static void ApplyToRedis(Service service, string cpus, int memoryMegabytes, int stopSeconds)
    {
        Apply(service, cpus, memoryMegabytes, stopSeconds, replicas: 1);
        service.Healthcheck = Check(["CMD-SHELL", "REDISCLI_AUTH=$$REDIS_PASSWORD redis-cli ping | grep PONG"]);
    }

    private static void Apply(Service service, string cpus, int memoryMegabytes, int stopSeconds, int replicas)
    {
        service.Restart = "unless-stopped";
        service.StopGracePeriod = $"{stopSeconds}s";
        service.Deploy = new Deploy
        {
            Replicas = replicas,
            Resources = new() { Limits = new ResourceSpec { Cpus = cpus, Memory = $"{memoryMegabytes}M" } },
        };
    }

    private static Healthcheck Check(List<string> test) => new() { Test = test, Interval = "10s", Timeout = "5s", Retries = 6, StartPeriod = "30s" };
}
