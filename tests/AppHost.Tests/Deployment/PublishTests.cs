using YamlDotNet.RepresentationModel;

namespace Loomflow.Aspire.AppHost.Tests.Deployment;

/// <summary>What <c>aspire publish</c> writes from AppHost.cs.</summary>
public sealed class PublishTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("published ").FullName;

    public void Dispose() => Directory.Delete(_output, recursive: true);

    [Theory]
    [InlineData("audit", 1)]
    [InlineData("agentworker", 0)]
    [InlineData("orchestrator", 1)]
    public async Task Compose_HasLimitsHealthAndSecretsForEachService(string name, int replicas)
    {
        await PublishAsync("compose");
        var file = Read("docker-compose.yaml");
        var service = file.Map("services").Map(name);

        if (replicas > 0) service.Map("deploy").Text("replicas").ShouldBe("1");
        service.Map("deploy").Map("resources").Map("limits").Text("memory").ShouldEndWith("M");
        service.Map("healthcheck").List("test").Select(part => part.ToString()).ShouldContain("http://127.0.0.1:8080/health");
        service.Text("read_only").ShouldBe("true");
        service.Text("stop_grace_period").ShouldBe("60s");
        service.Map("environment").Text("ServiceAuth__Key").ShouldBe("${SERVICE_AUTH_KEY}");
        service.Map("depends_on").Children.Values.ShouldAllBe(dependency => dependency.Text("condition") == "service_healthy");
        File.ReadAllText(Path.Combine(_output, ".env")).ShouldContain("SERVICE_AUTH_KEY=\n");
        file.Map("volumes").Children.Keys.Select(volume => volume.ToString()).ShouldBe(["redis-data", "audit-data"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("audit", "512Mi")]
    [InlineData("agentworker", "1024Mi")]
    [InlineData("orchestrator", "512Mi")]
    public async Task Kubernetes_HasLimitsProbesAndSecretsForEachService(string name, string memory)
    {
        await PublishAsync("kubernetes");
        var pod = Read("templates", name, "deployment.yaml").Map("spec").Map("template").Map("spec");
        var container = pod.List("containers").Single();

        container.Map("resources").Map("limits").Text("memory").ShouldBe(memory);
        container.Map("readinessProbe").Map("httpGet").Text("path").ShouldBe("/health");
        container.Map("livenessProbe").Map("httpGet").Text("path").ShouldBe("/alive");
        container.Map("livenessProbe").Map("httpGet").Text("scheme").ShouldBe("HTTP");
        container.Map("securityContext").Text("readOnlyRootFilesystem").ShouldBe("true");
        pod.Map("securityContext").Text("runAsNonRoot").ShouldBe("true");
        pod.Text("terminationGracePeriodSeconds").ShouldBe("60");
        Read("templates", name, "secrets.yaml").Map("stringData").Text("ServiceAuth__Key").ShouldBe($$$"""{{ .Values.secrets.{{{name}}}.service_auth_key }}""");
        Read("values.yaml").Map("secrets").Map(name).Text("service_auth_key").ShouldBeEmpty();
    }

    [Fact]
    public async Task Kubernetes_HasClaimsForWhatIsKept_AndOneWriterOfTheAuditLog()
    {
        await PublishAsync("kubernetes");

        Read("templates", "audit", "deployment.yaml").Map("spec").Map("strategy").Text("type").ShouldBe("Recreate");
        Read("templates", "audit", "audit-data-pvc.yaml").Map("spec").Map("resources").Map("requests").Text("storage").ShouldBe("10Gi");
        Read("templates", "redis", "redis-data-pvc.yaml").Map("spec").List("accessModes").Single().ToString().ShouldBe("ReadWriteOnce");
        Read("templates", "redis", "statefulset.yaml").Map("spec").Map("template").Map("spec").List("containers").Single()
            .List("args").Last().ToString().ShouldEndWith("--appendonly yes");
    }

    [Fact]
    public async Task Target_ThatNobodyKnows_IsRefused() =>
        (await RunAsync("swarm")).Output.ShouldContain("There is no target 'swarm' to publish for: it is 'compose' or 'kubernetes'.");

    private async Task PublishAsync(string target)
    {
        var (exitCode, output) = await RunAsync(target);
        exitCode.ShouldBe(0, output);
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string target)
    {
        var start = new System.Diagnostics.ProcessStartInfo("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "AppHost.dll"), "--operation", "publish", "--step", "publish", "--target", target, "--output-path", _output },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        return (process.ExitCode, string.Join('\n', await output));
    }

    private YamlMappingNode Read(params string[] path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(Path.Combine([_output, .. path]))));
        return (YamlMappingNode)stream.Documents.Single(document => document.RootNode is YamlMappingNode).RootNode;
    }
}
