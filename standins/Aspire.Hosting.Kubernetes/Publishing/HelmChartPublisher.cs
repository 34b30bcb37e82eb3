using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Kubernetes.Publishing;

/// <summary>Writes a Helm chart: <c>Chart.yaml</c>, <c>values.yaml</c>, and the objects of each resource in a folder of <c>templates</c>.</summary>
internal sealed class HelmChartPublisher(KubernetesEnvironmentResource environment, DistributedApplicationExecutionContext context)
{
    public async Task WriteAsync(DistributedApplicationModel model, string outputPath, CancellationToken cancellationToken)
    {
        var values = new HelmValues();
        foreach (var resource in model.Resources.OfType<IComputeResource>())
        {
            var objects = await new ResourceObjects(environment, resource, context, values).CreateAsync(cancellationToken);
            foreach (var customization in resource.Annotations.OfType<KubernetesServiceCustomizationAnnotation>()) customization.Configure(objects);
            await WriteObjectsAsync(resource.Name, objects, outputPath, cancellationToken);
        }

        var chart = new
        {
            ApiVersion = "v2",
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(outputPath)).ToLowerInvariant().Replace('_', '-').Replace('.', '-'),
            Version = "0.1.0",
            KubeVersion = ">= 1.18.0-0",
            Description = "Aspire Helm Chart",
            Type = "application",
            Keywords = new[] { "aspire", "kubernetes" },
            AppVersion = "0.1.0",
            Deprecated = false,
        };
        await File.WriteAllTextAsync(Path.Combine(outputPath, "Chart.yaml"), ChartYaml.Of(chart), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(outputPath, "values.yaml"), ChartYaml.Of(values.Sections), cancellationToken);
    }

    private static async Task WriteObjectsAsync(string name, KubernetesResource objects, string outputPath, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(outputPath, "templates", name)).FullName;
        foreach (var one in objects.All)
        {
            var own = one.Metadata.Name!;
            var file = own.StartsWith($"{name}-", StringComparison.Ordinal) ? own[(name.Length + 1)..] : own;
            await File.WriteAllTextAsync(Path.Combine(folder, $"{file}.yaml"), $"---\n{ChartYaml.Of(one)}", cancellationToken);
        }
    }
}
