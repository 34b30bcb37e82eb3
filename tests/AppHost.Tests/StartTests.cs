using System.Net;

namespace Loomflow.Aspire.AppHost.Tests;

/// <summary>The real services and a real Redis, as `dotnet run --project AppHost` starts them.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Application_WhenStarted_BecomesHealthyAndReportsIt()
    {
        var folder = Directory.CreateTempSubdirectory("a run of the tests").FullName;
        var report = Path.Combine(folder, "report.jsonl");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromMinutes(3));
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            ["--AppHost:VolumesDirectory", folder, "--Audit:Directory", Path.Combine(folder, "audit"), "--report", report], timeout.Token);
        await using var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);

        await app.ResourceNotifications.WaitForResourceHealthyAsync("orchestrator", timeout.Token);

        using var client = app.CreateHttpClient("orchestrator", "http");
        using var health = await client.GetAsync(new Uri("/health", UriKind.Relative), timeout.Token);
        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await app.GetConnectionStringAsync("redis", timeout.Token)).ShouldNotBeNull().ShouldContain(",password=");
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
