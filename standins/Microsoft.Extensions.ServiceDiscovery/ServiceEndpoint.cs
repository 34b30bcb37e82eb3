namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Where a service listens. The scheme is null if the configuration gave only a host and a port.</summary>
internal sealed record ServiceEndpoint(string? Scheme, string Host, int Port, string Path)
{
    /// <summary>Parses <c>http://localhost:5001/base</c>, <c>localhost:5001</c> or <c>10.0.0.1</c>; null for anything else.</summary>
    public static ServiceEndpoint? Parse(string? value)
    {
        if (string.IsNullOrWhiteSpace(value)) return null;

        var hasScheme = value.Contains("://", StringComparison.Ordinal);
        return Uri.TryCreate(hasScheme ? value : $"none://{value}", UriKind.Absolute, out var uri) && uri.Host.Length > 0
            ? new ServiceEndpoint(hasScheme ? uri.Scheme : null, uri.Host, uri.Port, hasScheme ? uri.AbsolutePath : "/")
            : null;
    }

    /// <summary>The request's URI with this endpoint in place of the service name.</summary>
    public Uri ApplyTo(Uri request, ServiceEndpointQuery query)
    {
        var result = new UriBuilder(request) { Scheme = Scheme ?? query.Schemes[0], Host = Host };
        if (Port > 0) result.Port = Port;
        if (Path.Length > 1) result.Path = $"{Path.TrimEnd('/')}/{request.AbsolutePath.TrimStart('/')}";
        return result.Uri;
    }
}
