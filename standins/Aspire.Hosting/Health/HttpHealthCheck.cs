using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

internal sealed class HttpHealthCheck(EndpointReference endpoint, string path, int statusCode, IHttpClientFactory clients) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!endpoint.IsAllocated) return HealthCheckResult.Unhealthy("The endpoint is not allocated yet.");

        var uri = new Uri(CheckedReplica.Address(endpoint), path);
        try
        {
            using var client = clients.CreateClient("health");
            client.Timeout = TimeSpan.FromSeconds(10);
            using var response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (int)response.StatusCode == statusCode
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"{uri} answered {(int)response.StatusCode} instead of {statusCode}.");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"{uri}: {error.Message}");
        }
    }
}
