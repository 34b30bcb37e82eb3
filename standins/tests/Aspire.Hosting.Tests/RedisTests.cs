using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Tests;

public sealed class RedisTests
{
    [Fact]
    public async Task Redis_WithAppendOnlyPersistence_KeepsItsDataThroughAKill()
    {
        var volumes = Directory.CreateTempSubdirectory("volumes of a test").FullName;
        int processId;
        await using (var app = await StartAsync(volumes))
        {
            (await SendAsync(app, "SET", "order:1042", "refunded")).ShouldBe("+OK");
            processId = ProcessId(app);
            Process.GetProcessById(processId).Kill();
            await app.ResourceNotifications.WaitForResourceAsync("redis", KnownResourceStates.Exited, TestApp.Timeout());
            await app.StopAsync(TestApp.Timeout());
        }

        await using var again = await StartAsync(volumes);

        (await SendAsync(again, "GET", "order:1042")).ShouldBe("refunded");
        ProcessId(again).ShouldNotBe(processId);
    }

    [Fact]
    public async Task Redis_AsksForThePasswordAndShowsItToNobody()
    {
        await using var app = await StartAsync(Directory.CreateTempSubdirectory("volumes").FullName);

        (await SendAsync(app, authenticate: false, "PING")).ShouldStartWith("-NOAUTH");
        if (OperatingSystem.IsLinux())
        {
            (await File.ReadAllTextAsync($"/proc/{ProcessId(app)}/cmdline", TestApp.Timeout())).ShouldNotContain("correct-horse");
        }
    }

    [Fact]
    public async Task Redis_OnAVolumeThatAnotherRunHas_SaysSo()
    {
        var volumes = Directory.CreateTempSubdirectory("volumes").FullName;
        await using var first = await StartAsync(volumes);

        var builder = CreateBuilder(volumes);
        await using var second = builder.Build();
        await second.StartAsync(TestApp.Timeout());
        await second.ResourceNotifications.WaitForResourceAsync("redis", KnownResourceStates.FailedToStart, TestApp.Timeout());

        await foreach (var lines in second.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync("redis"))
        {
            lines.ShouldContain(line => line.Content.Contains("in use by another run"));
            return;
        }
    }

    private static IDistributedApplicationBuilder CreateBuilder(string volumes)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = ["--AppHost:VolumesDirectory", volumes],
            ProjectDirectory = TestApp.Directory,
        });
        builder.AddRedis("redis", password: builder.AddParameter("password", "correct-horse", secret: true))
            .WithDataVolume("orders")
            .WithArgs("--appendonly", "yes", "--appendfsync", "always");
        return builder;
    }

    private static async Task<DistributedApplication> StartAsync(string volumes)
    {
        var app = CreateBuilder(volumes).Build();
        await app.StartAsync(TestApp.Timeout());
        await app.ResourceNotifications.WaitForResourceHealthyAsync("redis", TestApp.Timeout());
        return app;
    }

    private static int ProcessId(DistributedApplication app)
    {
        app.ResourceNotifications.TryGetCurrentState("redis", out var state).ShouldBeTrue();
        return (int)state.Snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;
    }

    private static Task<string?> SendAsync(DistributedApplication app, params string[] command) => SendAsync(app, authenticate: true, command);

    private static async Task<string?> SendAsync(DistributedApplication app, bool authenticate, params string[] command)
    {
        var resource = app.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<RedisResource>().Single();
        using var client = new TcpClient();
        await client.ConnectAsync(resource.PrimaryEndpoint.Host, resource.PrimaryEndpoint.Port, TestApp.Timeout());
        var text = (authenticate ? "AUTH correct-horse\r\n" : "") + string.Join(' ', command) + "\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), TestApp.Timeout());
        using var reader = new StreamReader(client.GetStream());
        if (authenticate) (await reader.ReadLineAsync(TestApp.Timeout())).ShouldBe("+OK");
        var answer = await reader.ReadLineAsync(TestApp.Timeout());
        return answer is ['$', ..] ? await reader.ReadLineAsync(TestApp.Timeout()) : answer;
    }
}
