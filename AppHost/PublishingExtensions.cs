using Aspire.Hosting.Kubernetes;

namespace Loomflow.Aspire.AppHost;

/// <summary>What <c>aspire publish</c> writes: a Docker Compose file, or with <c>--target kubernetes</c> a Helm chart.</summary>
internal static class PublishingExtensions
{
    private const string Kubernetes = "kubernetes";

    /// <summary>How long a service may take to stop: a worker finishes or hands over its steps first.</summary>
    private const int StopSeconds = 60;

    public static void AddPublishingTarget(this IDistributedApplicationBuilder builder)
    {
        switch (builder.Configuration["target"])
        {
            case null or "compose":
                builder.AddDockerComposeEnvironment("compose");
                break;
            case Kubernetes:
                builder.AddKubernetesEnvironment(Kubernetes).WithProperties(environment =>
                {
                    environment.DefaultStorageType = "pvc";
                    environment.DefaultStorageSize = "10Gi";
                });
                break;
            case var other:
                throw new ArgumentException($"There is no target '{other}' to publish for: it is 'compose' or '{Kubernetes}'.");
        }
    }

    /// <summary>Publishes a service with its limits, not as root, without a place to write but its volumes.</summary>
    public static IResourceBuilder<ProjectResource> PublishAsService(this IResourceBuilder<ProjectResource> builder, string cpus, int memoryMegabytes, bool isSingleWriter = false) =>
        IsForKubernetes(builder.ApplicationBuilder)
            ? builder.PublishAsKubernetesService(resource => KubernetesShape.ApplyToService(resource, cpus, memoryMegabytes, StopSeconds, isSingleWriter))
            : builder.PublishAsDockerComposeService((_, service) => ComposeShape.ApplyToService(service, builder.Resource, cpus, memoryMegabytes, StopSeconds));

    public static IResourceBuilder<RedisResource> PublishAsStore(this IResourceBuilder<RedisResource> builder, string cpus, int memoryMegabytes) =>
        IsForKubernetes(builder.ApplicationBuilder)
            ? builder.PublishAsKubernetesService(resource => KubernetesShape.ApplyLimits(resource, cpus, memoryMegabytes, StopSeconds))
            : builder.PublishAsDockerComposeService((_, service) => ComposeShape.ApplyToRedis(service, cpus, memoryMegabytes, StopSeconds));

    private static bool IsForKubernetes(IDistributedApplicationBuilder builder) => builder.Resources.OfType<KubernetesEnvironmentResource>().Any();
}
