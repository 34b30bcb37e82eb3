using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Run;

namespace Aspire.Hosting;

/// <summary>Which copy of a resource a health check is about. Checks are registered for the resource, but each copy is to be healthy.</summary>
internal sealed record CheckedReplica(IResource Resource, Replica Replica)
{
    private static readonly AsyncLocal<CheckedReplica?> s_current = new();

    public static CheckedReplica? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>The endpoint's URL past the proxy, if the endpoint is the checked resource's own.</summary>
    public static Uri Address(EndpointReference endpoint)
    {
        var url = new UriBuilder(endpoint.Url);
        if (Current is { } current && current.Resource == endpoint.Resource) url.Port = current.Replica.Ports[endpoint.EndpointName].Number;
        return url.Uri;
    }
}
