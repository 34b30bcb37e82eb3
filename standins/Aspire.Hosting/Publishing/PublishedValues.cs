using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>Values of the model as a publisher writes them: parameters and endpoints as it names them, everything around them as text.</summary>
internal sealed class PublishedValues(Func<ParameterResource, string> parameter, Func<EndpointReference, EndpointProperty, string> endpoint)
{
    public string Text(object value) => value switch
    {
        string text => text,
        ParameterResource one => parameter(one),
        EndpointReference one => endpoint(one, EndpointProperty.Url),
        EndpointReferenceExpression one => endpoint(one.Endpoint, one.Property),
        ConnectionStringReference one => Text(one.Resource.ConnectionStringExpression),
        IResourceWithConnectionString one => Text(one.ConnectionStringExpression),
        ReferenceExpression expression => string.Format(CultureInfo.InvariantCulture, expression.Format, [.. expression.ValueProviders.Select(Text)]),
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"A publisher cannot write a {value.GetType().Name}."),
    };

    public static async Task<Dictionary<string, object>> EnvironmentAsync(IResource resource, DistributedApplicationExecutionContext context, CancellationToken cancellationToken)
    {
        var variables = new EnvironmentCallbackContext(context, resource, cancellationToken: cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) await annotation.Callback(variables);
        return variables.EnvironmentVariables;
    }

    public static async Task<IList<object>> ArgumentsAsync(IResource resource, DistributedApplicationExecutionContext context, CancellationToken cancellationToken)
    {
        var arguments = new CommandLineArgsCallbackContext([], resource, cancellationToken) { ExecutionContext = context };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>()) await annotation.Callback(arguments);
        return arguments.Args;
    }

    public static string Property(EndpointReference endpoint, EndpointProperty property, string host)
    {
        var port = (endpoint.TargetPort ?? throw new DistributedApplicationException($"Endpoint '{endpoint.EndpointName}' of '{endpoint.Resource.Name}' has no target port to publish."))
            .ToString(CultureInfo.InvariantCulture);
        return property switch
        {
            EndpointProperty.Url => $"{endpoint.Scheme}://{host}:{port}",
            EndpointProperty.Host or EndpointProperty.IPV4Host => host,
            EndpointProperty.Port or EndpointProperty.TargetPort => port,
            EndpointProperty.HostAndPort => $"{host}:{port}",
            EndpointProperty.Scheme => endpoint.Scheme,
            _ => throw new NotSupportedException($"A publisher cannot write the property '{property}' of an endpoint."),
        };
    }
}
