using System.Net;
using System.Text.Json;

namespace Loomflow.Aspire.AppHost.Tests;

/// <summary>The real services and a real Redis, as `dotnet run --project AppHost` starts them.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Application_WhenStarted_BecomesHealthy_AnswersTheSampleRequestAndReportsIt()
    {
        var folder = Directory.CreateTempSubdirectory("a run of the tests").FullName;
        var report = Path.Combine(folder, "report.jsonl");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromMinutes(3));
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            ["--AppHost:VolumesDirectory", folder, "--Audit:Directory", Path.Combine(folder, "audit"), "--report", report], timeout.Token);

        // Whatever keys this machine has: no test asks a provider.
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == "agentworker")).WithEnvironment("Models__Default", "offline");
        await using var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);

        await app.ResourceNotifications.WaitForResourceHealthyAsync("orchestrator", timeout.Token);

        using var client = app.CreateHttpClient("orchestrator", "http");
        using var health = await client.GetAsync(new Uri("/health", UriKind.Relative), timeout.Token);
        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await app.GetConnectionStringAsync("redis", timeout.Token)).ShouldNotBeNull().ShouldContain(",password=");

        var sample = await app.ResourceCommands.ExecuteCommandAsync("orchestrator", "run-sample", timeout.Token);
        sample.Success.ShouldBeTrue(sample.Message);
        JsonDocument.Parse(sample.Data.ShouldNotBeNull().Value).RootElement.GetProperty("status").GetString().ShouldBe("completed", sample.Data.Value);
        (await app.ResourceCommands.ExecuteCommandAsync("audit", "verify", timeout.Token)).Success.ShouldBeTrue();
        await WaitForLineAsync(report, line => line.Contains("\"resource\":\"orchestrator\"") && line.Contains("\"health\":\"Healthy\"") && line.Contains(client.BaseAddress!.Authority), timeout.Token);
    }

    private static async Task WaitForLineAsync(string path, Func<string, bool> isMatch, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (true)
        {
            var line = await reader.ReadLineAsync(cancellationToken);
            if (line is null) await Task.Delay(50, cancellationToken);
            else if (isMatch(line)) return;
        }
    }
}
