using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace Loomflow.Aspire.AppHost;

/// <summary>How services look in Kubernetes.</summary>
internal static class KubernetesShape
{
    /// <summary>The user <c>app</c> of .NET's images.</summary>
    private const long User = 1654;

    public static void ApplyToService(KubernetesResource resource, string cpus, int memoryMegabytes, int stopSeconds, bool isSingleWriter)
    {
        ApplyLimits(resource, cpus, memoryMegabytes, stopSeconds);
        var pod = Pod(resource);
        pod.SecurityContext = new PodSecurityContextV1 { RunAsNonRoot = true, RunAsUser = User, RunAsGroup = User, FsGroup = User };
        pod.Volumes.Add(new VolumeV1 { Name = "tmp", EmptyDir = new EmptyDirVolumeSourceV1() });
        foreach (var container in pod.Containers)
        {
            container.SecurityContext = new SecurityContextV1 { ReadOnlyRootFilesystem = true, AllowPrivilegeEscalation = false, Capabilities = new CapabilitiesV1 { Drop = { "ALL" } } };
            container.VolumeMounts.Add(new VolumeMountV1 { Name = "tmp", MountPath = "/tmp" });

            // Kubernetes knows HTTP, not http.
            foreach (var probe in new[] { container.ReadinessProbe, container.LivenessProbe }.OfType<ProbeV1>()) probe.HttpGet?.Scheme = "HTTP";
        }

        // The next one starts when the last one has let go of the log.
        if (isSingleWriter && resource.Workload is Deployment deployment) deployment.Spec.Strategy = new DeploymentStrategyV1 { Type = "Recreate", RollingUpdate = null! };
    }

    public static void ApplyLimits(KubernetesResource resource, string cpus, int memoryMegabytes, int stopSeconds)
    {
        var pod = Pod(resource);
        pod.TerminationGracePeriodSeconds = stopSeconds;
        pod.AutomountServiceAccountToken = false;
        foreach (var container in pod.Containers)
        {
            container.Resources = new ResourceRequirementsV1
            {
                Requests = { ["cpu"] = "100m", ["memory"] = $"{memoryMegabytes / 2}Mi" },
                Limits = { ["cpu"] = cpus, ["memory"] = $"{memoryMegabytes}Mi" },
            };
        }
    }

    private static PodSpecV1 Pod(KubernetesResource resource) => resource.Workload!.PodTemplate.Spec;
}
