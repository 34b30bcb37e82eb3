using System.Collections;
using Aspire.Hosting;

if (args is ["host", .. var hostArguments])
{
    var host = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = hostArguments, ProjectDirectory = Directory.GetCurrentDirectory() });
    var redis = host.AddRedis("redis").WithDataVolume();
    host.AddProject("service", Path.Combine(Directory.GetCurrentDirectory(), "Aspire.Hosting.TestApp.csproj"))
        .WithHttpHealthCheck("/health", endpointName: "http")
        .WaitFor(redis);
    host.Build().Run();
    return Environment.ExitCode;
}

if (args is ["crash", var exitCode])
{
    Console.Error.WriteLine("the disk is on fire");
    return int.Parse(exitCode, System.Globalization.CultureInfo.InvariantCulture);
}

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();

// Healthy as soon as the file is there, where one is named.
app.MapGet("/health", (IConfiguration configuration) =>
    configuration["HealthFile"] is { } file && !File.Exists(file) ? Results.StatusCode(503) : Results.Ok());
app.MapGet("/environment", () => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value));
app.MapPost("/greet", async (HttpRequest request) => $"Hello, {await new StreamReader(request.Body).ReadToEndAsync()}!");
app.Run();
return 0;
