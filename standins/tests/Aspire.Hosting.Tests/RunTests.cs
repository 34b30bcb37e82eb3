using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Tests;

public sealed class RunTests
{
    [Fact]
    public async Task Project_WithReplicas_RunsEachOnItsOwnPortsBehindOne()
    {
        var builder = TestApp.CreateBuilder();
        var service = builder.AddProject("service", TestApp.ProjectPath).WithReplicas(2).WithHttpHealthCheck("/health", endpointName: "http");
        var secret = builder.AddParameter("secret", "s3cret", secret: true);
        service.WithEnvironment("Key", secret);
        await using var app = await StartAsync(builder);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("service-1", TestApp.Timeout());
        await app.ResourceNotifications.WaitForResourceHealthyAsync("service-2", TestApp.Timeout());

        // The port is a proxy's that balances connections, so each request takes a new one.
        var environments = new List<Dictionary<string, string>>();
        for (var i = 0; i < 4; i++) environments.Add(await GetEnvironmentAsync(service.GetEndpoint("http").Url));

        environments.Select(environment => environment["Kestrel__Endpoints__grpc__Url"]).Distinct().Count().ShouldBe(2);
        environments.Select(environment => environment["OTEL_RESOURCE_ATTRIBUTES"]).Distinct().Count().ShouldBe(2);
        environments.ShouldAllBe(environment => environment["OTEL_SERVICE_NAME"] == "service" && environment["Key"] == "s3cret");
        environments.ShouldAllBe(environment => environment["FROM_PROFILE"] == "yes" && environment["DOTNET_LAUNCH_PROFILE"] == "service");
        environments.ShouldAllBe(environment => environment["Kestrel__Endpoints__http__Url"] != service.GetEndpoint("http").Url);
    }

    [Fact]
    public async Task WaitFor_ADependencyThatIsNotHealthyYet_StartsOnceItIs()
    {
        var healthFile = Path.Combine(Directory.CreateTempSubdirectory("health").FullName, "healthy");
        var builder = TestApp.CreateBuilder();
        var slow = builder.AddProject("slow", TestApp.ProjectPath).WithHttpHealthCheck("/health", endpointName: "http").WithEnvironment("HealthFile", healthFile);
        builder.AddExecutable("dependent", "sh", ".", "-c", $"test -e '{healthFile}'").WaitFor(slow);
        await using var app = await StartAsync(builder);
        await app.ResourceNotifications.WaitForResourceAsync("slow", IsUnhealthy, TestApp.Timeout());
        await app.ResourceNotifications.WaitForResourceAsync("dependent", KnownResourceStates.Waiting, TestApp.Timeout());

        await File.WriteAllTextAsync(healthFile, "", TestApp.Timeout());

        var finished = await app.ResourceNotifications.WaitForResourceAsync("dependent", HasEnded, TestApp.Timeout());
        finished.Snapshot.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Dependents_OfAResourceThatCannotStart_FailAndSayWhy()
    {
        var builder = TestApp.CreateBuilder();
        var missing = builder.AddExecutable("missing", "no-such-program", ".");
        builder.AddExecutable("dependent", "true", ".").WaitFor(missing);
        await using var app = await StartAsync(builder);

        await app.ResourceNotifications.WaitForResourceAsync("missing", KnownResourceStates.FailedToStart, TestApp.Timeout());
        await app.ResourceNotifications.WaitForResourceAsync("dependent", KnownResourceStates.FailedToStart, TestApp.Timeout());

        (await LogAsync(app, "missing")).ShouldContain("'no-such-program' was not found on the PATH");
        (await LogAsync(app, "dependent")).ShouldContain("Dependency resource 'missing' failed to start");
    }

    [Fact]
    public async Task WaitForCompletion_OfAResourceThatFails_NamesTheExitCode()
    {
        var builder = TestApp.CreateBuilder();
        var migration = builder.AddExecutable("migration", "sh", ".", "-c", "echo no table >&2; exit 3");
        builder.AddExecutable("dependent", "true", ".").WaitForCompletion(migration);
        await using var app = await StartAsync(builder);

        await app.ResourceNotifications.WaitForResourceAsync("dependent", KnownResourceStates.FailedToStart, TestApp.Timeout());

        (await LogAsync(app, "dependent")).ShouldContain("'migration' exited with code 3 instead of 0");
    }

    [Fact]
    public async Task Resource_ThatCrashes_KeepsItsLogAndTheOthersRun()
    {
        var builder = TestApp.CreateBuilder();
        builder.AddProject("crashing", TestApp.ProjectPath, options => options.ExcludeKestrelEndpoints = true).WithArgs("crash", "7");
        builder.AddProject("service", TestApp.ProjectPath).WithHttpHealthCheck("/health", endpointName: "http");
        await using var app = await StartAsync(builder);

        var ended = await app.ResourceNotifications.WaitForResourceAsync("crashing", HasEnded, TestApp.Timeout());
        await app.ResourceNotifications.WaitForResourceHealthyAsync("service", TestApp.Timeout());

        ended.Snapshot.State!.Text.ShouldBe(KnownResourceStates.Finished);
        ended.Snapshot.ExitCode.ShouldBe(7);
        (await LogAsync(app, "crashing")).ShouldContain("the disk is on fire");
        await Should.ThrowAsync<DistributedApplicationException>(() => app.ResourceNotifications.WaitForResourceHealthyAsync("crashing", TestApp.Timeout()));
    }

    [Fact]
    public async Task Resource_ThatNeedsAMissingParameter_NamesItsKey()
    {
        var builder = TestApp.CreateBuilder();
        builder.AddExecutable("service", "true", ".").WithEnvironment("Key", builder.AddParameter("api-key", secret: true));
        await using var app = await StartAsync(builder);

        await app.ResourceNotifications.WaitForResourceAsync("api-key", KnownResourceStates.ValueMissing, TestApp.Timeout());
        await app.ResourceNotifications.WaitForResourceAsync("service", KnownResourceStates.FailedToStart, TestApp.Timeout());

        (await LogAsync(app, "service")).ShouldContain("Parameters:api-key");
    }

    [Fact]
    public async Task HttpCommand_OnARunningResource_SendsTheRequest()
    {
        var builder = TestApp.CreateBuilder();
        builder.AddProject("service", TestApp.ProjectPath)
            .WithHttpHealthCheck("/health", endpointName: "http")
            .WithHttpCommand("/greet", "Greet", endpointName: "http", commandName: "greet", commandOptions: new HttpCommandOptions
            {
                ResultMode = HttpCommandResultMode.Text,
                PrepareRequest = context =>
                {
                    context.Request.Content = new StringContent("Ada");
                    return Task.CompletedTask;
                },
            });
        await using var app = await StartAsync(builder);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("service", TestApp.Timeout());

        var result = await app.ResourceCommands.ExecuteCommandAsync("service", "greet", TestApp.Timeout());

        result.Success.ShouldBeTrue(result.Message);
        result.Data!.Value.ShouldBe("Hello, Ada!");
    }

    [Fact]
    public async Task StopAsync_StopsDependentsBeforeTheirDependencies()
    {
        var log = Path.GetTempFileName();
        var builder = TestApp.CreateBuilder();
        var script = $"trap 'echo $0 >> \"{log}\"; exit 0' TERM; echo ready; while :; do sleep 0.1; done";
        var first = builder.AddExecutable("first", "sh", ".", "-c", script, "first");
        builder.AddExecutable("second", "sh", ".", "-c", script, "second").WaitForStart(first);
        await using var app = await StartAsync(builder);
        await WaitForLineAsync(app, "first", "ready");
        await WaitForLineAsync(app, "second", "ready");

        await app.StopAsync(TestApp.Timeout());

        (await File.ReadAllLinesAsync(log, TestApp.Timeout())).ShouldBe(["second", "first"]);
    }

    private static async Task<DistributedApplication> StartAsync(IDistributedApplicationBuilder builder)
    {
        var app = builder.Build();
        await app.StartAsync(TestApp.Timeout());
        return app;
    }

    private static async Task<Dictionary<string, string>> GetEnvironmentAsync(string url)
    {
        using var client = new HttpClient();
        return (await client.GetFromJsonAsync<Dictionary<string, string>>($"{url}/environment", TestApp.Timeout()))!;
    }

    private static async Task<string> LogAsync(DistributedApplication app, string resource)
    {
        await foreach (var lines in app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(resource)) return string.Join('\n', lines.Select(line => line.Content));
        return "";
    }

    private static async Task WaitForLineAsync(DistributedApplication app, string resource, string expected)
    {
        await foreach (var lines in app.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(resource).WithCancellation(TestApp.Timeout()))
        {
            if (lines.Any(line => line.Content == expected)) return;
        }
    }

    private static bool IsUnhealthy(ResourceEvent change) =>
        change.Snapshot.HealthReports.Any(report => report.Status is Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy);

    private static bool HasEnded(ResourceEvent change) => KnownResourceStates.TerminalStates.Contains(change.Snapshot.State?.Text);
}
