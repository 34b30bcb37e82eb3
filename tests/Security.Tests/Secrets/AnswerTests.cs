using System.Net;
using System.Net.Http.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Loomflow.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Loomflow.Aspire.Security.Tests.Secrets;

/// <summary>What callers are told while something is wrong inside has nothing of how the services are configured.</summary>
public sealed class AnswerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnswersAndHealth_WithRedisAway_DoNotShowItsPassword()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, ("ApiKeys:CacheFor", "00:05:00"), ("Running:DrainTimeout", "00:00:00"));
        var key = await system.KeyAsync("alice");
        await system.StartRunAsync(key, "echo", "x", Cancelled);
        await system.KillRedisAsync();

        // Each of them waits for Redis as long as the services do.
        await Task.WhenAll(
        [
            RefusedAsync(system.Orchestrator.SendAsync(HttpMethod.Get, "/runs", key, null, Cancelled)),
            RefusedAsync(system.Orchestrator.SendAsync(HttpMethod.Post, "/workflows/echo/runs", key, JsonContent.Create(new { input = "x" }), Cancelled)),
            RefusedOverGrpcAsync(system.Orchestrator.GrpcAddress, key),
            .. system.Services.Select(HealthSaysNothingAsync),
        ]);

        // Services that stop wait for their store.
        await system.RestartRedisAsync();
    }

    private static async Task RefusedAsync(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await response.Content.ReadAsStringAsync(Cancelled)).ShouldNotContain(SecuredSystem.RedisPassword);
    }

    private static async Task RefusedOverGrpcAsync(Uri address, string key)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var headers = new Metadata { { "authorization", $"Bearer {key}" } };
        var refused = await Should.ThrowAsync<RpcException>(async () => await new Runs.RunsClient(channel).ListAsync(new ListRunsRequest(), headers, cancellationToken: Cancelled));
        $"{refused} {string.Join(' ', refused.Trailers)}".ShouldNotContain(SecuredSystem.RedisPassword);
    }

    private static async Task HealthSaysNothingAsync(Service service)
    {
        using var health = await service.SendAsync(HttpMethod.Get, "/health", null, null, Cancelled);
        (await health.Content.ReadAsStringAsync(Cancelled)).ShouldBeOneOf("Healthy", "Degraded", "Unhealthy");
        var report = await service.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancelled);
        foreach (var entry in report.Entries.Values) $"{entry.Description} {entry.Exception} {string.Join(' ', entry.Data)}".ShouldNotContain(SecuredSystem.RedisPassword);
    }
}
