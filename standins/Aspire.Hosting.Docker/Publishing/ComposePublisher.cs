using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources;
using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting.Docker.Publishing;

/// <summary>Writes <c>docker-compose.yaml</c>, and <c>.env</c> with the name of everything that is to be set.</summary>
internal sealed class ComposePublisher(DockerComposeEnvironmentResource environment, DistributedApplicationExecutionContext context)
{
    private const string Network = "aspire";

    private readonly SortedDictionary<string, string> _variables = new(StringComparer.Ordinal);

    public async Task WriteAsync(DistributedApplicationModel model, string outputPath, CancellationToken cancellationToken)
    {
        var file = new ComposeFile().AddNetwork(new Network { Name = Network, Driver = "bridge" });
        if (environment.DashboardEnabled) file.AddService(Dashboard());
        foreach (var resource in model.Resources.OfType<IComputeResource>())
        {
            var service = await ServiceAsync(resource, cancellationToken);
            foreach (var volume in service.Volumes.Where(volume => volume.Type == "volume")) file.Volumes.TryAdd(volume.Name, new Volume { Name = volume.Name, Driver = "local" });
            foreach (var customization in resource.Annotations.OfType<DockerComposeServiceCustomizationAnnotation>())
            {
                customization.Configure(new DockerComposeServiceResource(resource.Name, resource, environment), service);
            }

            file.AddService(service);
        }

        environment.ConfigureComposeFile?.Invoke(file);
        await File.WriteAllTextAsync(Path.Combine(outputPath, "docker-compose.yaml"), file.ToYaml(), cancellationToken);
        await WriteVariablesAsync(Path.Combine(outputPath, ".env"), cancellationToken);
    }

    private string DashboardName => $"{environment.Name}-dashboard";

    private Service Dashboard() => new()
    {
        Name = DashboardName,
        Image = "mcr.microsoft.com/dotnet/nightly/aspire-dashboard:13.5",
        Ports = ["18888"],
        Expose = ["18889", "18890"],
        Networks = [Network],
        Restart = "always",
    };

    private async Task<Service> ServiceAsync(IResource resource, CancellationToken cancellationToken)
    {
        var values = new PublishedValues(
            parameter => Placeholder(parameter.Name, $"Parameter {parameter.Name}"),
            (endpoint, property) => PublishedValues.Property(endpoint, property, endpoint.Resource.Name));
        var service = new Service { Name = resource.Name, Networks = [Network] };
        service.Image = resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image)
            ? $"{image.Registry}/{image.Image}:{image.Tag}"
            : Placeholder($"{resource.Name}-image", $"Container image name for {resource.Name}");
        if (resource is ContainerResource { Entrypoint: { } entrypoint }) service.Entrypoint.Add(entrypoint);
        foreach (var (key, value) in await PublishedValues.EnvironmentAsync(resource, context, cancellationToken)) service.Environment[key] = values.Text(value);

        // A dollar sign of an argument is the shell's in the container, not Compose's.
        foreach (var argument in await PublishedValues.ArgumentsAsync(resource, context, cancellationToken)) service.Command.Add(values.Text(argument).Replace("$", "$$", StringComparison.Ordinal));
        if (resource is ProjectResource && environment.DashboardEnabled) AddTelemetry(service);
        AddPorts(service, resource);
        AddVolumes(service, resource);
        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>().Where(wait => wait.Resource is IComputeResource))
        {
            service.DependsOn[wait.Resource.Name] = new ServiceDependency { Condition = wait.WaitType == WaitType.WaitForCompletion ? "service_completed_successfully" : "service_started" };
        }

        return service;
    }

    private void AddTelemetry(Service service)
    {
        service.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{DashboardName}:18889";
        service.Environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
        service.Environment["OTEL_SERVICE_NAME"] = service.Name;
    }

    private static void AddPorts(Service service, IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var port = endpoint.TargetPort!.Value.ToString(CultureInfo.InvariantCulture);
            if (!endpoint.IsExternal) service.Expose.Add(port);
            else if (endpoint.Port is { } outside) service.Ports.Add(string.Create(CultureInfo.InvariantCulture, $"{outside}:{port}"));
            else service.Ports.Add(port);
        }
    }

    private static void AddVolumes(Service service, IResource resource)
    {
        if (!resource.TryGetContainerMounts(out var mounts)) return;

        foreach (var mount in mounts)
        {
            service.AddVolume(new Volume
            {
                Name = mount.Source!,
                Type = mount.Type == ContainerMountType.BindMount ? "bind" : "volume",
                Source = mount.Source,
                Target = mount.Target,
                ReadOnly = mount.IsReadOnly,
            });
        }
    }

    private string Placeholder(string name, string description)
    {
        var variable = name.ToUpperInvariant().Replace('-', '_');
        _variables[variable] = description;
        return $"${{{variable}}}";
    }

    // What is there already was set by somebody, and stays.
    private async Task WriteVariablesAsync(string path, CancellationToken cancellationToken)
    {
        var present = File.Exists(path) ? await File.ReadAllLinesAsync(path, cancellationToken) : [];
        var lines = _variables
            .Where(variable => !present.Any(line => line.StartsWith($"{variable.Key}=", StringComparison.Ordinal)))
            .SelectMany(variable => new[] { $"# {variable.Value}", $"{variable.Key}=", "" });
        await File.WriteAllLinesAsync(path, [.. present, .. lines], cancellationToken);
    }
}
