namespace Microsoft.Extensions.ServiceDiscovery;

internal sealed class ResolvingHttpDelegatingHandler(ServiceEndpointSelector selector) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var original = request.RequestUri;
        if (original is { IsAbsoluteUri: true }) request.RequestUri = selector.Resolve(original);
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Whoever retries or logs the request sees the name that was asked for, and a retry takes the next endpoint.
            request.RequestUri = original;
        }
    }
}
