using YamlDotNet.RepresentationModel;

namespace Loomflow.Aspire.AppHost.Tests.Deployment;

/// <summary>What is checked in for deployment, compared with AppHost.cs: whoever changes one of them changes the other.</summary>
public sealed class DeployTests
{
    private const string Dashboard = "dashboard";

    private static readonly Lazy<Task<Dictionary<IResource, Dictionary<string, object>>>> s_model = new(ReadModelAsync);

    // What the files set beside the model: telemetry, and what others are put together from.
    private static readonly string[] s_own = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME", "OTLP_KEY", "REDIS_PASSWORD"];

    [Theory]
    [InlineData("compose")]
    [InlineData("kubernetes")]
    public async Task Services_AreTheResources_AndTheDashboard(string target)
    {
        var resources = await ResourcesAsync();

        DeployFolder.Read(target).Select(service => service.Name).ShouldBe([.. resources.Select(resource => resource.Name), Dashboard], ignoreOrder: true);
    }

    [Theory]
    [InlineData("compose")]
    [InlineData("kubernetes")]
    public async Task Images_AreThoseOfTheResources(string target)
    {
        foreach (var (resource, service) in await PairsAsync(target))
        {
            var image = resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var container)
                ? $"{container.Registry}/{container.Image}:{container.Tag}"
                : Path.GetFileNameWithoutExtension(resource.GetProjectMetadata().ProjectPath).ToLowerInvariant();
            service.Image.Replace("${REGISTRY:-}", "", StringComparison.Ordinal).Replace(":${TAG:-latest}", "", StringComparison.Ordinal).ShouldBe(image, service.Name);
        }
    }

    [Theory]
    [InlineData("compose")]
    [InlineData("kubernetes")]
    public async Task Variables_AreThoseOfTheResources(string target)
    {
        foreach (var (resource, service) in await PairsAsync(target))
        {
            var expected = (await EnvironmentAsync(resource)).Keys.Where(IsNeeded);
            service.Environment.Keys.Where(key => !s_own.Contains(key)).ShouldBe(expected.Where(key => !s_own.Contains(key)), ignoreOrder: true, service.Name);
        }
    }

    [Theory]
    [InlineData("compose")]
    [InlineData("kubernetes")]
    public async Task Variables_ThatAreNotSecrets_HaveTheValuesOfTheResources(string target)
    {
        foreach (var (resource, service) in await PairsAsync(target))
        {
            foreach (var (key, value) in await EnvironmentAsync(resource))
            {
                if (!IsNeeded(key)) continue;
                if (value is string text) service.Environment[key].ShouldBe(text, $"{key} of {service.Name}");
                if (value is EndpointReference endpoint) service.Environment[key].ShouldBe($"http://{endpoint.Resource.Name}:{endpoint.TargetPort}", $"{key} of {service.Name}");
                if (value is ParameterResource) service.Environment[key].ShouldNotContain("://");
            }
        }
    }

    [Theory]
    [InlineData("compose")]
    [InlineData("kubernetes")]
    public async Task Ports_AreThoseOfTheEndpoints(string target)
    {
        foreach (var (resource, service) in await PairsAsync(target))
        {
            service.Ports.ShouldBe(resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => endpoint.TargetPort!.Value), ignoreOrder: true, service.Name);
        }
    }

    [Theory]
    [InlineData("compose")]
    [InlineData("kubernetes")]
    public async Task Volumes_AreThoseOfTheResources(string target)
    {
        foreach (var (resource, service) in await PairsAsync(target))
        {
            service.Mounts.ShouldBe(resource.Annotations.OfType<ContainerMountAnnotation>().Select(mount => $"{mount.Source}:{mount.Target}"), ignoreOrder: true, service.Name);
        }
    }

    [Theory]
    [InlineData("compose")]
    [InlineData("kubernetes")]
    public async Task Workers_AreAsManyAsAppHostStarts_AndTheAuditLogHasOneWriter(string target)
    {
        var pairs = await PairsAsync(target);

        foreach (var name in new[] { "agentworker", "audit" })
        {
            var (resource, service) = pairs.Single(pair => pair.Service.Name == name);
            service.Replicas.ShouldBe(resource.GetReplicaCount(), name);
        }
    }

    [Fact]
    public async Task NetworkPolicies_LetInWhoeverReferencesAService_AndOrchestratorsToWorkers()
    {
        var allowed = DeployFolder.KubernetesObjects()
            .Where(one => one.Text("kind") == "NetworkPolicy" && one.Map("spec").List("ingress").Any())
            .SelectMany(policy => Callers(policy).Select(caller => (From: caller, To: Label(policy.Map("spec").Map("podSelector")))))
            .Where(pair => pair.To != Dashboard)
            .Distinct();

        var references = new List<(string From, string To)> { ("orchestrator", "agentworker") };
        foreach (var resource in await ResourcesAsync())
        {
            foreach (var key in (await EnvironmentAsync(resource)).Keys)
            {
                if (key.StartsWith("services__", StringComparison.Ordinal)) references.Add((resource.Name, key.Split("__")[1]));
                if (key.StartsWith("ConnectionStrings__", StringComparison.Ordinal)) references.Add((resource.Name, key.Split("__")[1]));
            }
        }

        allowed.ShouldBe(references.Distinct(), ignoreOrder: true);
    }

    [Fact]
    public void Containers_AreNotRoot_AndWriteToVolumesAlone()
    {
        foreach (var workload in DeployFolder.KubernetesObjects().Where(one => one.Text("kind") is "Deployment" or "StatefulSet"))
        {
            var name = workload.Map("metadata").Text("name");
            var pod = workload.Map("spec").Map("template").Map("spec");
            var security = pod.List("containers").Single().Map("securityContext");
            pod.Map("securityContext").Text("runAsNonRoot").ShouldBe("true", name);
            security.Text("allowPrivilegeEscalation").ShouldBe("false", name);
            if (name != Dashboard) security.Text("readOnlyRootFilesystem").ShouldBe("true", name);
        }
    }

    // REDIS_HOST, AUDIT_GRPC and the like say the same again for programs in other languages; retries of exporters are for local runs.
    private static bool IsNeeded(string key) => key.Contains("__", StringComparison.Ordinal) || key == "REDIS_PASSWORD";

    private static IEnumerable<string> Callers(YamlMappingNode policy) =>
        policy.Map("spec").List("ingress").SelectMany(rule => rule.List("from")).Select(peer => Label(peer.Map("podSelector"))).Distinct();

    private static string Label(YamlMappingNode selector) => selector.Map("matchLabels").Text("app.kubernetes.io/name");

    private static async Task<IReadOnlyList<(IResource Resource, DeployedService Service)>> PairsAsync(string target)
    {
        var services = DeployFolder.Read(target);
        return [.. (await ResourcesAsync()).Select(resource => (resource, services.Single(service => service.Name == resource.Name)))];
    }

    private static async Task<IEnumerable<IResource>> ResourcesAsync() => (await s_model.Value).Keys;

    private static async Task<Dictionary<string, object>> EnvironmentAsync(IResource resource) => (await s_model.Value)[resource];

    /// <summary>What runs in containers, each with its variables.</summary>
    private static async Task<Dictionary<IResource, Dictionary<string, object>>> ReadModelAsync()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--operation", "publish"], CancellationToken.None);
        var model = new Dictionary<IResource, Dictionary<string, object>>();
        foreach (var resource in builder.Resources.Where(resource => resource is ProjectResource or ContainerResource))
        {
            var context = new EnvironmentCallbackContext(builder.ExecutionContext, resource, cancellationToken: CancellationToken.None);
            foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) await annotation.Callback(context);
            model[resource] = context.EnvironmentVariables;
        }

        return model;
    }
}
