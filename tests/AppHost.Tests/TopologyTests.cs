namespace Loomflow.Aspire.AppHost.Tests;

/// <summary>The application model as AppHost.cs describes it; nothing is started.</summary>
public sealed class TopologyTests
{
    [Theory]
    [InlineData("redis")]
    [InlineData("audit")]
    [InlineData("agentworker", "redis", "audit")]
    [InlineData("orchestrator", "redis", "audit", "agentworker")]
    public async Task Resource_WaitsForWhatItNeeds(string name, params string[] dependencies)
    {
        await using var builder = await CreateAsync();

        Find(builder, name).Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).ShouldBe(dependencies, ignoreOrder: true);
    }

    [Theory]
    [InlineData("audit")]
    [InlineData("agentworker")]
    [InlineData("orchestrator")]
    public async Task Service_ListensOnAnyFreePort_WithAnEndpointForEachProtocol(string name)
    {
        await using var builder = await CreateAsync();

        var endpoints = Find(builder, name).Annotations.OfType<EndpointAnnotation>().ToDictionary(endpoint => endpoint.Name);

        endpoints.Keys.ShouldBe(["http", "grpc"], ignoreOrder: true);
        endpoints["http"].Transport.ShouldBe("http");
        endpoints["grpc"].Transport.ShouldBe("http2");
        endpoints.Values.ShouldAllBe(endpoint => endpoint.Port == null && endpoint.TargetPort == null);
        endpoints.Values.ShouldAllBe(endpoint => endpoint.IsExternal == (name == "orchestrator"));
        Find(builder, name).Annotations.OfType<HealthCheckAnnotation>().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("audit")]
    [InlineData("agentworker")]
    [InlineData("orchestrator")]
    public async Task PublishedService_ListensOnTheSamePortsInEveryContainer(string name)
    {
        await using var builder = await CreateAsync("--operation", "publish");

        var endpoints = Find(builder, name).Annotations.OfType<EndpointAnnotation>().ToDictionary(endpoint => endpoint.Name, endpoint => endpoint.TargetPort);

        endpoints.ShouldBe(new Dictionary<string, int?> { ["http"] = 8080, ["grpc"] = 8081 }, ignoreOrder: true);
    }

    [Fact]
    public async Task AgentWorker_HasTwoReplicas()
    {
        await using var builder = await CreateAsync();

        Find(builder, "agentworker").Annotations.OfType<ReplicaAnnotation>().ShouldHaveSingleItem().Replicas.ShouldBe(2);
    }

    [Theory]
    [InlineData("audit", "Audit__Key", "ServiceAuth__Key")]
    [InlineData("agentworker", "ServiceAuth__Key", "Models__OpenAI__ApiKey", "Models__Anthropic__ApiKey", "ConnectionStrings__redis", "services__audit__grpc__0", "services__orchestrator__grpc__0")]
    [InlineData("orchestrator", "ServiceAuth__Key", "ConnectionStrings__redis", "services__audit__grpc__0")]
    public async Task Service_IsGivenWhatItNeeds(string name, params string[] variables)
    {
        await using var builder = await CreateAsync();

        variables.ShouldBeSubsetOf((await EnvironmentAsync(builder, name)).Keys);
    }

    [Theory]
    [InlineData("agentworker")]
    [InlineData("orchestrator")]
    public async Task AuditKey_IsGivenToTheAuditServiceAlone(string name)
    {
        await using var builder = await CreateAsync();

        (await EnvironmentAsync(builder, name)).ShouldNotContainKey("Audit__Key");
    }

    [Fact]
    public async Task AuditorKey_IsAskedForWherePeopleReadTheLog_AndNotInDevelopment()
    {
        await using var published = await CreateAsync("--operation", "publish");
        await using var local = await CreateAsync("--environment", "Development");

        (await EnvironmentAsync(published, "audit")).ShouldContainKey("Audit__AuditorKey");
        ((ParameterResource)Find(published, "auditor-key")).Secret.ShouldBeTrue();
        (await EnvironmentAsync(published, "orchestrator")).ShouldNotContainKey("Audit__AuditorKey");
        (await EnvironmentAsync(local, "audit")).ShouldNotContainKey("Audit__AuditorKey");
    }

    [Theory]
    [InlineData("audit-key", true)]
    [InlineData("service-auth-key", true)]
    [InlineData("openai-api-key", false)]
    [InlineData("anthropic-api-key", false)]
    public async Task Secret_IsOneAndHasADefaultOfItsOwn(string name, bool isGenerated)
    {
        await using var builder = await CreateAsync();

        var parameter = Find(builder, name).ShouldBeOfType<ParameterResource>();

        parameter.Secret.ShouldBeTrue();
        if (isGenerated) parameter.Default.ShouldNotBeNull();
        else (await parameter.GetValueAsync(TestContext.Current.CancellationToken)).ShouldBe("");
    }

    [Fact]
    public async Task OptionalSecret_ThatConfigurationSets_HasThatValue()
    {
        await using var builder = await CreateAsync("--Parameters:openai-api-key", "sk-test");

        (await ((ParameterResource)Find(builder, "openai-api-key")).GetValueAsync(TestContext.Current.CancellationToken)).ShouldBe("sk-test");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("publish")]
    public async Task Redis_WritesEveryChange_ToAVolume(string operation)
    {
        await using var builder = await CreateAsync("--operation", operation);
        var redis = Find(builder, "redis");

        var context = new CommandLineArgsCallbackContext([], redis, TestContext.Current.CancellationToken) { ExecutionContext = builder.ExecutionContext };
        foreach (var annotation in redis.Annotations.OfType<CommandLineArgsCallbackAnnotation>()) await annotation.Callback(context);

        string.Join(' ', context.Args).ShouldEndWith("--save 60 1 --appendonly yes");
        redis.Annotations.OfType<ContainerMountAnnotation>().ShouldHaveSingleItem().Target.ShouldBe("/data");
    }

    [Theory]
    [InlineData("orchestrator", "run-sample")]
    [InlineData("audit", "verify")]
    public async Task Dashboard_HasACommand(string resource, string command)
    {
        await using var builder = await CreateAsync();

        Find(builder, resource).Annotations.OfType<ResourceCommandAnnotation>().Select(annotation => annotation.Name).ShouldContain(command);
    }

    private static Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(args, TestContext.Current.CancellationToken);

    private static IResource Find(IDistributedApplicationBuilder builder, string name) => builder.Resources.Single(resource => resource.Name == name);

    // The keys and the sources of the values; nothing is resolved, as no endpoint has a port yet.
    private static async Task<Dictionary<string, object>> EnvironmentAsync(IDistributedApplicationBuilder builder, string name)
    {
        var resource = Find(builder, name);
        var context = new EnvironmentCallbackContext(builder.ExecutionContext, resource, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) await annotation.Callback(context);
        return context.EnvironmentVariables;
    }
}
