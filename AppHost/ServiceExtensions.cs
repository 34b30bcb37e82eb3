namespace Loomflow.Aspire.AppHost;

internal static class ServiceExtensions
{
    public const int HttpPort = 8080;
    private const int GrpcPort = 8081;

    /// <summary>
    /// The services declare an <c>http</c> and a <c>grpc</c> endpoint in their settings, both on any free port. That is kept for a local
    /// run, so that several copies of the system can run side by side; a container listens on the same two ports everywhere.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithServicePorts(this IResourceBuilder<ProjectResource> builder)
    {
        if (builder.ApplicationBuilder.ExecutionContext.IsRunMode)
        {
            return builder.WithEndpoint("http", endpoint => endpoint.Port = null).WithEndpoint("grpc", endpoint => endpoint.Port = null);
        }

        // Publishing gives every web project an HTTPS endpoint. Here TLS ends at the ingress.
        var annotations = builder.Resource.Annotations;
        if (annotations.OfType<EndpointAnnotation>().SingleOrDefault(endpoint => endpoint.Name == "https") is { } https) annotations.Remove(https);
        return builder
            .WithEndpoint("http", endpoint => endpoint.TargetPort = HttpPort)
            .WithEndpoint("grpc", endpoint => endpoint.TargetPort = GrpcPort);
    }

    /// <summary>What says that a service is ready for work, and when published also that it is alive.</summary>
    public static IResourceBuilder<ProjectResource> WithHealthProbes(this IResourceBuilder<ProjectResource> builder)
    {
        if (builder.ApplicationBuilder.ExecutionContext.IsRunMode) return builder.WithHttpHealthCheck("/health", endpointName: "http");

#pragma warning disable ASPIREPROBES001 // For evaluation purposes, says Aspire.
        return builder
            .WithHttpProbe(ProbeType.Readiness, "/health", initialDelaySeconds: 2, periodSeconds: 5, timeoutSeconds: 3, endpointName: "http")
            .WithHttpProbe(ProbeType.Liveness, "/alive", initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 3, endpointName: "http");
#pragma warning restore ASPIREPROBES001
    }

    /// <summary>The keys of the model providers. Without any, agents use the offline model.</summary>
    public static IResourceBuilder<ProjectResource> WithModels(
        this IResourceBuilder<ProjectResource> builder, IResourceBuilder<ParameterResource> openAIKey, IResourceBuilder<ParameterResource> anthropicKey) =>
        builder
            .WithEnvironment("Models__OpenAI__ApiKey", openAIKey)
            .WithEnvironment("Models__Anthropic__ApiKey", anthropicKey);
}
