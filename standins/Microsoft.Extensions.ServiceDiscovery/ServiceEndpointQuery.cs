namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>What the authority of a request asks for, as in <c>https+http://_grpc.audit</c>.</summary>
/// <param name="Schemes">The schemes in order of preference.</param>
/// <param name="ServiceName">The host without the endpoint name.</param>
/// <param name="EndpointName">The label between a leading underscore and the first dot, if there is one.</param>
internal sealed record ServiceEndpointQuery(string[] Schemes, string ServiceName, string? EndpointName)
{
    public static ServiceEndpointQuery Parse(Uri uri)
    {
        var host = uri.Host;
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        var named = host.StartsWith('_') && dot > 1 && !host.EndsWith('.');
        return new ServiceEndpointQuery(uri.Scheme.Split('+'), named ? host[(dot + 1)..] : host, named ? host[1..dot] : null);
    }
}
