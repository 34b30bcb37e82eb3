using Grpc.Core.Interceptors;
using Grpc.Net.ClientFactory;
using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class ClientFactoryTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Client_Added_IsInjectedAndCallsTheAddress()
    {
        await using var host = await ProbeHost.StartAsync();
        await using var services = Services(services => services.AddGrpcClient<Probe.ProbeClient>(options => options.Address = host.Address));

        (await services.GetRequiredService<Probe.ProbeClient>().EchoAsync(new Text { Value = "hello" }, cancellationToken: Token)).Value.ShouldBe("hello");
    }

    [Fact]
    public async Task Clients_Named_HaveTheirOwnAddresses()
    {
        await using var first = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, _) => Task.FromResult(new Text { Value = "first" }));
        await using var second = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, _) => Task.FromResult(new Text { Value = "second" }));
        await using var services = Services(services =>
        {
            services.AddGrpcClient<Probe.ProbeClient>("one", options => options.Address = first.Address);
            services.AddGrpcClient<Probe.ProbeClient>("two", (_, options) => options.Address = second.Address);
        });
        var factory = services.GetRequiredService<GrpcClientFactory>();

        (await factory.CreateClient<Probe.ProbeClient>("one").EchoAsync(new Text(), cancellationToken: Token)).Value.ShouldBe("first");
        (await factory.CreateClient<Probe.ProbeClient>("two").EchoAsync(new Text(), cancellationToken: Token)).Value.ShouldBe("second");
        Should.Throw<InvalidOperationException>(() => factory.CreateClient<Probe.ProbeClient>("three"));
    }

    [Fact]
    public async Task HttpHandlers_OfTheBuilder_SeeTheRequests()
    {
        await using var host = await ProbeHost.StartAsync();
        await using var services = Services(services => services
            .AddGrpcClient<Probe.ProbeClient>(options => options.Address = new Uri("http://agentworker"))
            // A genuine channel connects to its own address, whatever handlers make of it, unless it is told as service discovery tells it.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { Properties = { ["__GrpcLoadBalancingDisabled"] = true } })
            .AddHttpMessageHandler(() => new Discovery(host.Address)));

        (await services.GetRequiredService<Probe.ProbeClient>().EchoAsync(new Text { Value = "found" }, cancellationToken: Token)).Value.ShouldBe("found");
    }

    [Fact]
    public async Task CallCredentials_WithoutTls_NeedConsent()
    {
        await using var services = Services(services => services
            .AddGrpcClient<Probe.ProbeClient>(options => options.Address = new Uri("http://127.0.0.1:1"))
            .AddCallCredentials((_, _) => Task.CompletedTask));

        Should.Throw<InvalidOperationException>(services.GetRequiredService<Probe.ProbeClient>).Message.ShouldContain("UnsafeUseInsecureChannelCallCredentials");
    }

    [Fact]
    public async Task CallCredentials_WithConsent_AreAddedToEachCall()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) =>
            Task.FromResult(new Text { Value = context.RequestHeaders.GetValue("authorization") }));
        AuthInterceptorContext? seen = null;
        await using var services = Services(services =>
        {
            services.AddSingleton(new TokenSource("secret-1"));
            services.AddGrpcClient<Probe.ProbeClient>(options => options.Address = host.Address)
                .ConfigureChannel(options => options.UnsafeUseInsecureChannelCallCredentials = true)
                .AddCallCredentials((context, metadata, provider) =>
                {
                    seen = context;
                    metadata.Add("authorization", $"Bearer {provider.GetRequiredService<TokenSource>().Token}");
                    return Task.CompletedTask;
                });
        });

        var answer = await services.GetRequiredService<Probe.ProbeClient>().EchoAsync(new Text(), cancellationToken: Token);

        answer.Value.ShouldBe("Bearer secret-1");
        seen.ShouldNotBeNull().MethodName.ShouldBe("Echo");
        seen.ServiceUrl.ShouldBe($"{host.Address.GetLeftPart(UriPartial.Authority)}/loomflow.probe.v1.Probe");
    }

    [Fact]
    public async Task CallCredentials_ThatFail_FailTheCall()
    {
        await using var host = await ProbeHost.StartAsync();
        await using var services = Services(services => services.AddGrpcClient<Probe.ProbeClient>(options => options.Address = host.Address)
            .ConfigureChannel(options => options.UnsafeUseInsecureChannelCallCredentials = true)
            .AddCallCredentials((_, _) => throw new RpcException(new Status(StatusCode.Unauthenticated, "no token"))));

        var exception = await Should.ThrowAsync<RpcException>(() =>
            services.GetRequiredService<Probe.ProbeClient>().EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task CallCredentials_OnAnInsecureChannelWithoutConsent_AreNotSent()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) =>
            Task.FromResult(new Text { Value = context.RequestHeaders.GetValue("authorization") ?? "none" }));
        var credentials = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("authorization", "secret");
            return Task.CompletedTask;
        });
        var (channel, trusting) = host.Connect(options => options.UnsafeUseInsecureChannelCallCredentials = true);
        using var _ = channel;

        var careful = await host.Client.EchoAsync(new Text(), new CallOptions(credentials: credentials, cancellationToken: Token));
        var sent = await trusting.EchoAsync(new Text(), new CallOptions(credentials: credentials, cancellationToken: Token));

        careful.Value.ShouldBe("none");
        sent.Value.ShouldBe("secret");
    }

    [Fact]
    public async Task CallCredentials_Composed_AreAllSent()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) =>
            Task.FromResult(new Text { Value = $"{context.RequestHeaders.GetValue("a")}{context.RequestHeaders.GetValue("b")}{context.RequestHeaders.GetValue("c")}" }));
        var (channel, client) = host.Connect(options =>
        {
            options.UnsafeUseInsecureChannelCallCredentials = true;
            options.Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, Adding("a"));
        });
        using var _ = channel;

        var answer = await client.EchoAsync(new Text(), new CallOptions(credentials: CallCredentials.Compose(Adding("b"), Adding("c")), cancellationToken: Token));

        answer.Value.ShouldBe("abc");

        static CallCredentials Adding(string key) => CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add(key, key);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Interceptors_OfTheBuilder_RunForEachCall()
    {
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Echo = (_, context) =>
            Task.FromResult(new Text { Value = string.Join(',', context.RequestHeaders.GetAll("via").Select(entry => entry.Value)) }));
        await using var services = Services(services =>
        {
            services.AddTransient<ViaRegistered>();
            services.AddGrpcClient<Probe.ProbeClient>(options => options.Address = host.Address)
                .AddInterceptor(() => new Via("channel"))
                .AddInterceptor<ViaRegistered>(InterceptorScope.Client);
        });

        var answer = await services.GetRequiredService<Probe.ProbeClient>().EchoAsync(new Text(), cancellationToken: Token);

        answer.Value.Replace(" ", "", StringComparison.Ordinal).ShouldBe("registered,channel");
    }

    [Fact]
    public async Task Client_WithoutAddress_NamesTheWayOut()
    {
        await using var services = Services(services => services.AddGrpcClient<Probe.ProbeClient>());

        Should.Throw<InvalidOperationException>(services.GetRequiredService<Probe.ProbeClient>).Message.ShouldContain("Could not resolve the address for gRPC client 'ProbeClient'");
    }

    [Fact]
    public void BuilderExtensions_OnAnotherHttpClient_AreRefused()
    {
        var builder = new ServiceCollection().AddHttpClient("plain");

        Should.Throw<InvalidOperationException>(() => builder.AddInterceptor(() => new Via("nowhere")));
    }

    private static ServiceProvider Services(Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        add(services);
        return services.BuildServiceProvider();
    }

    private sealed record TokenSource(string Token);

    private sealed class Discovery(Uri actual) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri!.Host.ShouldBe("agentworker");
            request.RequestUri = new Uri(actual, request.RequestUri.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private class Via(string name) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var headers = context.Options.Headers ?? [];
            headers.Add("via", name);
            return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }
    }

    private sealed class ViaRegistered() : Via("registered");
}
