using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Run;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name, _ => { });

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name, LaunchProfile(launchProfileName));

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure) where TProject : IProjectMetadata, new() =>
        Add(builder, name, new TProject(), configure);

    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath) =>
        builder.AddProject(name, projectPath, _ => { });

    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath, string? launchProfileName) =>
        builder.AddProject(name, projectPath, LaunchProfile(launchProfileName));

    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath, Action<ProjectResourceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return Add(builder, name, new ProjectMetadata(Path.GetFullPath(projectPath, builder.AppHostDirectory)), configure);
    }

    /// <summary>Starts that many copies. Each listens on its own ports; others reach them through one.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.WithAnnotation(new ReplicaAnnotation(replicas));
    }

    // Without a name there is no profile, as in the genuine overloads.
    private static Action<ProjectResourceOptions> LaunchProfile(string? name) => options =>
    {
        options.ExcludeLaunchProfile = name is null;
        options.LaunchProfileName = name;
    };

    private static IResourceBuilder<ProjectResource> Add<TProject>(
        IDistributedApplicationBuilder builder, string name, TProject project, Action<ProjectResourceOptions> configure) where TProject : IProjectMetadata
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);

        var options = new ProjectResourceOptions();
        configure(options);
        var resource = builder.AddResource(new ProjectResource(name)).WithAnnotation(project);

        resource.WithEnvironment(context => AddTelemetry(context, builder));

        var kestrel = options.ExcludeKestrelEndpoints ? [] : ReadKestrelEndpoints(project);
        AddKestrelEndpoints(resource, kestrel);

        var profile = options.ExcludeLaunchProfile
            ? null
            : LaunchSettings.Read(project).Select(options.LaunchProfileName, HostProfile(builder), name);
        if (kestrel.Count == 0) AddLaunchProfileEndpoints(resource, profile?.Profile);
        if (builder.ExecutionContext.IsRunMode && profile is { } selected) resource.WithEnvironment(context => AddProfile(context, selected.Name, selected.Profile));
        return resource;
    }

    private static string? HostProfile(IDistributedApplicationBuilder builder) =>
        builder.Configuration["AppHost:DefaultLaunchProfileName"] ?? builder.Configuration["DOTNET_LAUNCH_PROFILE"];

    private static void AddTelemetry(EnvironmentCallbackContext context, IDistributedApplicationBuilder builder)
    {
        var environment = context.EnvironmentVariables;
        environment["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        if (context.ExecutionContext.IsPublishMode) return;

        environment["OTEL_SERVICE_NAME"] = context.Resource.Name;
        environment["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={ReplicaPlaceholders.InstanceSuffix}";
        if (!builder.Environment.IsDevelopment()) return;

        // Short delays, so that what happens is seen at once. The endpoint is not set: there is no dashboard, and a collector that
        // the user named in OTEL_EXPORTER_OTLP_ENDPOINT is inherited from the environment of the host.
        environment["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true";
        environment["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "true";
        environment["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
        environment["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        environment["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        environment["OTEL_TRACES_SAMPLER"] = "always_on";
        environment["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        environment["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true";
    }

    private static void AddProfile(EnvironmentCallbackContext context, string name, LaunchProfile profile)
    {
        context.EnvironmentVariables.TryAdd("DOTNET_LAUNCH_PROFILE", name);
        foreach (var (key, value) in profile.EnvironmentVariables)
        {
            context.EnvironmentVariables.TryAdd(key, Environment.ExpandEnvironmentVariables(value));
        }
    }

    /// <summary>The endpoints that the project's own settings give to Kestrel, by name.</summary>
    private static List<(string Name, BindingAddress Address, bool IsHttp2)> ReadKestrelEndpoints(IProjectMetadata project)
    {
        var directory = Path.GetDirectoryName(project.ProjectPath)!;
        var environment = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT");
        var settings = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(directory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(directory, $"appsettings.{environment}.json"), optional: true)
            .Build();
        var defaultProtocols = settings["Kestrel:EndpointDefaults:Protocols"];
        return [.. settings.GetSection("Kestrel:Endpoints").GetChildren()
            .Where(endpoint => endpoint["Url"] is not null)
            .Select(endpoint => (endpoint.Key, BindingAddress.Parse(endpoint["Url"]!), (endpoint["Protocols"] ?? defaultProtocols) == "Http2"))];
    }

    private static void AddKestrelEndpoints(IResourceBuilder<ProjectResource> resource, List<(string Name, BindingAddress Address, bool IsHttp2)> kestrel)
    {
        var isPublishMode = resource.ApplicationBuilder.ExecutionContext.IsPublishMode;
        foreach (var scheme in kestrel.GroupBy(endpoint => endpoint.Address.Scheme))
        {
            foreach (var (name, address, isHttp2) in scheme)
            {
                // The only endpoint of a scheme is called after the scheme, whatever its name in the settings.
                resource.WithEndpoint(scheme.Count() == 1 ? scheme.Key : name, endpoint =>
                {
                    if (isPublishMode) endpoint.TargetPort = address.Port;
                    else endpoint.Port = address.Port;
                    endpoint.UriScheme = address.Scheme;
                    endpoint.TargetHost = address.Host;
                    if (isHttp2) endpoint.Transport = "http2";
                });
            }
        }

        if (kestrel.Count == 0)
        {
            resource.WithEnvironment(context => SetUrls(context, resource.Resource));
            return;
        }

        // Endpoints of Kestrel's own configuration win over all URLs, so all of them have to be overridden there.
        resource.WithEnvironment(context =>
        {
            foreach (var endpoint in resource.Resource.GetEndpoints())
            {
                var host = isPublishMode ? "*" : endpoint.EndpointAnnotation.TargetHost;
                context.EnvironmentVariables[$"Kestrel__Endpoints__{endpoint.EndpointName}__Url"] =
                    ReferenceExpression.Create($"{endpoint.Scheme}://{host}:{endpoint.Property(EndpointProperty.TargetPort)}");
            }
        });
    }

    private static void AddLaunchProfileEndpoints(IResourceBuilder<ProjectResource> resource, LaunchProfile? profile)
    {
        var counts = new Dictionary<string, int>();
        foreach (var url in profile?.ApplicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            var address = BindingAddress.Parse(url);
            var count = counts[address.Scheme] = counts.GetValueOrDefault(address.Scheme) + 1;
            resource.WithEndpoint(count == 1 ? address.Scheme : $"{address.Scheme}{count}", endpoint =>
            {
                endpoint.Port = address.Port;
                endpoint.TargetHost = address.Host;
                endpoint.UriScheme = address.Scheme;
            });
        }
    }

    private static async Task SetUrls(EnvironmentCallbackContext context, ProjectResource resource)
    {
        if (context.ExecutionContext.IsPublishMode || context.EnvironmentVariables.ContainsKey("ASPNETCORE_URLS")) return;

        var urls = new List<string>();
        foreach (var endpoint in resource.GetEndpoints())
        {
            var port = await endpoint.Property(EndpointProperty.TargetPort).GetValueAsync(context.CancellationToken);
            urls.Add($"{endpoint.Scheme}://{endpoint.EndpointAnnotation.TargetHost}:{port}");
            if (endpoint.IsHttps) context.EnvironmentVariables.TryAdd("ASPNETCORE_HTTPS_PORT", endpoint.Property(EndpointProperty.Port));
        }

        if (urls.Count > 0) context.EnvironmentVariables["ASPNETCORE_URLS"] = string.Join(';', urls);
    }
}
