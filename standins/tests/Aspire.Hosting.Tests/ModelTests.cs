namespace Aspire.Hosting.Tests;

public sealed class ModelTests
{
    [Fact]
    public void AddProject_WithKestrelEndpointsInItsSettings_TakesThemByName()
    {
        var service = TestApp.CreateBuilder().AddProject("service", TestApp.ProjectPath);

        var endpoints = service.Resource.Annotations.OfType<EndpointAnnotation>().ToDictionary(endpoint => endpoint.Name);
        endpoints.Keys.ShouldBe(["grpc", "http"], ignoreOrder: true);
        endpoints["http"].Transport.ShouldBe("http");
        endpoints["grpc"].Transport.ShouldBe("http2");
        endpoints["grpc"].UriScheme.ShouldBe("http");
    }

    [Fact]
    public async Task Environment_OfAProjectThatReferencesAnother_HasItsEndpoints()
    {
        var builder = TestApp.CreateBuilder();
        var audit = builder.AddProject("audit-log", TestApp.ProjectPath);
        Allocate(audit, "http", 5001);
        Allocate(audit, "grpc", 5002);
        var caller = builder.AddExecutable("caller", "true", ".").WithReference(audit);

        var environment = await caller.Resource.GetEnvironmentVariableValuesAsync();

        environment.ShouldContainKeyAndValue("services__audit-log__http__0", "http://localhost:5001");
        environment.ShouldContainKeyAndValue("services__audit-log__grpc__0", "http://localhost:5002");
        environment.ShouldContainKeyAndValue("AUDIT_LOG_HTTP", "http://localhost:5001");
        environment.ShouldContainKeyAndValue("AUDIT_LOG_GRPC", "http://localhost:5002");
    }

    [Fact]
    public async Task Environment_OfReferencesUnderOneName_IsNumbered()
    {
        var builder = TestApp.CreateBuilder();
        var caller = builder.AddExecutable("caller", "true", ".");
        foreach (var (name, port) in new[] { ("first", 5001), ("second", 5002) })
        {
            var worker = builder.AddProject(name, TestApp.ProjectPath);
            Allocate(worker, "http", port);
            Allocate(worker, "grpc", port + 100);
            caller.WithReference(worker, "worker");
        }

        var environment = await caller.Resource.GetEnvironmentVariableValuesAsync();

        environment.ShouldContainKeyAndValue("services__worker__http__0", "http://localhost:5001");
        environment.ShouldContainKeyAndValue("services__worker__http__1", "http://localhost:5002");
    }

    [Fact]
    public async Task Environment_OfARedisReference_HasConnectionStringAndProperties()
    {
        var builder = TestApp.CreateBuilder();
        var password = builder.AddParameter("password", "s3cret", secret: true);
        var redis = builder.AddRedis("cache", password: password);
        Allocate(redis, "tcp", 6380);
        var caller = builder.AddExecutable("caller", "true", ".").WithReference(redis);

        var environment = await caller.Resource.GetEnvironmentVariableValuesAsync();

        environment.ShouldContainKeyAndValue("ConnectionStrings__cache", "localhost:6380,password=s3cret");
        environment.ShouldContainKeyAndValue("CACHE_HOST", "localhost");
        environment.ShouldContainKeyAndValue("CACHE_PORT", "6380");
        environment.ShouldContainKeyAndValue("CACHE_PASSWORD", "s3cret");
        environment.ShouldContainKeyAndValue("CACHE_URI", "redis://:s3cret@localhost:6380");
    }

    [Fact]
    public async Task Environment_WhenPublished_HasPlaceholders()
    {
        var builder = TestApp.CreateBuilder("--operation", "publish");
        var secret = builder.AddParameter("secret", secret: true);
        var service = builder.AddProject("service", TestApp.ProjectPath).WithEnvironment("Key", secret);

        var environment = await service.Resource.GetEnvironmentVariableValuesAsync(DistributedApplicationOperation.Publish);

        environment.ShouldContainKeyAndValue("Key", "{secret.value}");
        environment.ShouldContainKeyAndValue("Kestrel__Endpoints__grpc__Url", "http://*:{service.bindings.grpc.targetPort}");
    }

    [Fact]
    public async Task ReferenceExpression_WithBracesInItsText_KeepsThem()
    {
        var name = TestApp.CreateBuilder().AddParameter("name", "Ada");

        var expression = ReferenceExpression.Create($"{{\"user\":\"{name}\"}}");

        (await expression.GetValueAsync(TestApp.Timeout())).ShouldBe("""{"user":"Ada"}""");
        expression.ValueExpression.ShouldBe("""{"user":"{name.value}"}""");
    }

    [Theory]
    [InlineData("run", new[] { "redis-server", "--requirepass", "$REDIS_PASSWORD", "--save", "60", "1", "--appendonly" })]
    [InlineData("publish", new[] { "-c", "redis-server --requirepass $REDIS_PASSWORD --save 60 1", "--appendonly" })]
    public async Task AddRedis_WithAVolume_HasTheGenuineArguments(string operation, string[] expected)
    {
        var builder = TestApp.CreateBuilder("--operation", operation);
        var redis = builder.AddRedis("redis").WithDataVolume().WithArgs("--appendonly");

        var context = new CommandLineArgsCallbackContext([], redis.Resource, TestApp.Timeout()) { ExecutionContext = builder.ExecutionContext };
        foreach (var annotation in redis.Resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>()) await annotation.Callback(context);

        context.Args.ShouldBe(expected);
    }

    [Fact]
    public void AddResource_WithATakenName_IsRefused()
    {
        var builder = TestApp.CreateBuilder();
        builder.AddRedis("redis");

        Should.Throw<DistributedApplicationException>(() => builder.AddRedis("Redis")).Message.ShouldContain("already exists");
    }

    [Theory]
    [InlineData("1st")]
    [InlineData("with_underscore")]
    [InlineData("two--hyphens")]
    [InlineData("trailing-")]
    public void AddResource_WithANameThatIsNoHostName_IsRefused(string name)
    {
        Should.Throw<ArgumentException>(() => TestApp.CreateBuilder().AddRedis(name)).Message.ShouldContain(name);
    }

    [Fact]
    public void WithHttpHealthCheck_OnAnEndpointThatIsNotThere_IsRefused()
    {
        var service = TestApp.CreateBuilder().AddProject("service", TestApp.ProjectPath);

        Should.Throw<DistributedApplicationException>(() => service.WithHttpHealthCheck("/health", endpointName: "admin")).Message.ShouldContain("admin");
    }

    [Fact]
    public void WaitFor_Itself_IsRefused()
    {
        var redis = TestApp.CreateBuilder().AddRedis("redis");

        Should.Throw<DistributedApplicationException>(() => redis.WaitFor(redis)).Message.ShouldContain("cannot wait for itself");
    }

    [Fact]
    public async Task StartAsync_WithResourcesThatWaitForOneAnother_NamesTheCycle()
    {
        var builder = TestApp.CreateBuilder();
        var first = builder.AddRedis("first");
        var second = builder.AddRedis("second").WaitFor(first);
        first.WaitFor(second);
        await using var app = builder.Build();

        var error = await Should.ThrowAsync<DistributedApplicationException>(() => app.StartAsync(TestApp.Timeout()));

        error.Message.ShouldContain("first -> second -> first");
    }

    private static void Allocate<T>(IResourceBuilder<T> builder, string endpointName, int port) where T : IResourceWithEndpoints
    {
        var endpoint = builder.Resource.Annotations.OfType<EndpointAnnotation>().Single(annotation => annotation.Name == endpointName);
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", port);
    }
}
