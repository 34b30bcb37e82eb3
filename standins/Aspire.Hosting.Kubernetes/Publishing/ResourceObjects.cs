using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Resources;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting.Kubernetes.Publishing;

/// <summary>The objects of one resource: a workload, its settings, its secrets, a service, and claims for its volumes.</summary>
internal sealed class ResourceObjects(KubernetesEnvironmentResource environment, IResource resource, DistributedApplicationExecutionContext context, HelmValues values)
{
    private readonly KubernetesResource _objects = new(resource.Name, resource, environment);

    private Dictionary<string, string> Labels => new()
    {
        ["app.kubernetes.io/name"] = "{{ .Chart.Name }}",
        ["app.kubernetes.io/component"] = resource.Name,
        ["app.kubernetes.io/instance"] = "{{ .Release.Name }}",
    };

    public async Task<KubernetesResource> CreateAsync(CancellationToken cancellationToken)
    {
        var published = new PublishedValues(Parameter, (endpoint, property) => PublishedValues.Property(endpoint, property, $"{endpoint.Resource.Name}-service"));
        var container = new ContainerV1 { Name = resource.Name, Image = Image(), ImagePullPolicy = environment.DefaultImagePullPolicy };
        if (resource is ContainerResource { Entrypoint: { } entrypoint }) container.Command.Add(entrypoint);
        foreach (var argument in await PublishedValues.ArgumentsAsync(resource, context, cancellationToken)) container.Args.Add(published.Text(argument));
        AddEnvironment(container, (await PublishedValues.EnvironmentAsync(resource, context, cancellationToken)).ToDictionary(one => one.Key, one => published.Text(one.Value)));
        AddPorts(container);
        AddProbes(container);

        var workload = Workload();
        workload.PodTemplate.Spec.Containers.Add(container);
        AddVolumes(workload.PodTemplate.Spec, container);
        _objects.Workload = workload;
        return _objects;
    }

    private string Image() => resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image)
        ? $"{image.Registry}/{image.Image}:{image.Tag}"
        : values.Add(HelmValues.Parameters, resource.Name, $"{resource.Name}_image", $"{resource.Name}:latest");

    private string Parameter(ParameterResource parameter) =>
        values.Add(parameter.Secret ? HelmValues.Secrets : HelmValues.Config, resource.Name, parameter.Name, "");

    private ObjectMetaV1 Metadata(string suffix) => new() { Name = $"{resource.Name.ToLowerInvariant()}-{suffix}", Labels = Labels };

    private Workload Workload()
    {
        var template = new PodTemplateSpecV1 { Metadata = new() { Labels = Labels } };
        if (resource is IResourceWithConnectionString)
        {
            return new StatefulSet
            {
                Metadata = Metadata("statefulset"),
                Spec = new() { Template = template, Selector = new() { MatchLabels = Labels }, Replicas = resource.GetReplicaCount() },
            };
        }

        return new Deployment
        {
            Metadata = Metadata("deployment"),
            Spec = new()
            {
                Template = template,
                Selector = new() { MatchLabels = Labels },
                Replicas = resource.GetReplicaCount(),
                Strategy = new() { RollingUpdate = new() { MaxSurge = 1, MaxUnavailable = 1 } },
            },
        };
    }

    private void AddEnvironment(ContainerV1 container, Dictionary<string, string> variables)
    {
        var config = new ConfigMap { Metadata = Metadata("config") };
        var secret = new Secret { Metadata = Metadata("secrets") };
        foreach (var (key, value) in variables)
        {
            if (HelmValues.HasSecret(value)) secret.StringData[key] = value;
            else config.Data[key] = values.Add(HelmValues.Config, resource.Name, key, value);
        }

        if (config.Data.Count > 0)
        {
            _objects.ConfigMap = config;
            container.EnvFrom.Add(new() { ConfigMapRef = new() { Name = config.Metadata.Name! } });
        }

        if (secret.StringData.Count == 0) return;

        _objects.Secret = secret;
        container.EnvFrom.Add(new() { SecretRef = new() { Name = secret.Metadata.Name! } });
    }

    private void AddPorts(ContainerV1 container)
    {
        var service = new Service { Metadata = Metadata("service"), Spec = new() { Type = environment.DefaultServiceType, Selector = Labels } };
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var port = new Int32OrStringV1(endpoint.TargetPort!.Value);
            container.Ports.Add(new() { Name = endpoint.Name, ContainerPort = port });
            service.Spec.Ports.Add(new() { Name = endpoint.Name, Port = port, TargetPort = port });
        }

        if (service.Spec.Ports.Count > 0) _objects.Service = service;
    }

    private void AddProbes(ContainerV1 container)
    {
        foreach (var annotation in resource.Annotations.OfType<EndpointProbeAnnotation>())
        {
            var probe = new ProbeV1
            {
                HttpGet = new() { Path = annotation.Path, Port = new Int32OrStringV1(annotation.EndpointReference.TargetPort!.Value), Scheme = annotation.EndpointReference.Scheme },
                InitialDelaySeconds = annotation.InitialDelaySeconds,
                PeriodSeconds = annotation.PeriodSeconds,
                TimeoutSeconds = annotation.TimeoutSeconds,
                SuccessThreshold = annotation.SuccessThreshold,
                FailureThreshold = annotation.FailureThreshold,
            };
            switch (annotation.Type)
            {
                case ProbeType.Startup: container.StartupProbe = probe; break;
                case ProbeType.Readiness: container.ReadinessProbe = probe; break;
                default: container.LivenessProbe = probe; break;
            }
        }
    }

    private void AddVolumes(PodSpecV1 pod, ContainerV1 container)
    {
        if (!resource.TryGetContainerMounts(out var mounts)) return;

        foreach (var mount in mounts)
        {
            if (mount.Type is ContainerMountType.BindMount) throw new InvalidOperationException("Bind mounts are not supported by the Kubernetes publisher.");

            container.VolumeMounts.Add(new() { Name = mount.Source!, MountPath = mount.Target, ReadOnly = mount.IsReadOnly ? true : null });
            pod.Volumes.Add(environment.DefaultStorageType switch
            {
                "emptyDir" => new() { Name = mount.Source!, EmptyDir = new() },
                "pvc" => new() { Name = mount.Source!, PersistentVolumeClaim = new() { ClaimName = Claim(mount.Source!) } },
                var other => throw new InvalidOperationException($"The stand-in does not know the storage type '{other}': use 'emptyDir' or 'pvc'."),
            });
        }
    }

    private string Claim(string volume)
    {
        var claim = new PersistentVolumeClaim { Metadata = Metadata($"{volume}-pvc") };
        claim.Spec.StorageClassName = environment.DefaultStorageClassName;
        claim.Spec.AccessModes.Add(environment.DefaultStorageReadWritePolicy);
        claim.Spec.Resources.Requests["storage"] = environment.DefaultStorageSize;
        _objects.PersistentVolumeClaims.Add(claim);
        return claim.Metadata.Name!;
    }
}
