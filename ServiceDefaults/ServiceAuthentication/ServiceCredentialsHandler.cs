using System.Net.Http.Headers;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

/// <summary>Puts this service's token on every call to another one.</summary>
internal sealed class ServiceCredentialsHandler(ServiceTokens tokens, IOptions<ServiceAuthenticationOptions> options, string audience, IReadOnlyList<string> scopes)
    : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(options.Value.Key)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Issue(audience, scopes));
        return base.SendAsync(request, cancellationToken);
    }
}
