using System.Security.Claims;
using System.Text.Encodings.Web;
using Grpc.AspNetCore.Server;
using Grpc.Tests.Probes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Tests;

public sealed class RoutingTests
{
    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Method_NotOverridden_IsUnimplemented()
    {
        await using var host = await ProbeHost.StartAsync();

        var exception = await Should.ThrowAsync<RpcException>(() => host.Client.NeverWrittenAsync(new Text(), cancellationToken: Token).ResponseAsync);

        exception.StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Theory]
    [InlineData("/loomflow.probe.v1.Probe/Missing", "Method is unimplemented.")]
    [InlineData("/loomflow.probe.v1.Other/Echo", "Service is unimplemented.")]
    public async Task Path_NotMapped_IsUnimplemented(string path, string detail)
    {
        await using var host = await ProbeHost.StartAsync();
        using var http = RawClient.Create();

        using var response = await RawClient.SendAsync(http, new Uri(host.Address, path), RawClient.Frame([]));
        await response.Content.ReadAsByteArrayAsync(Token);

        RawClient.StatusOf(response).ShouldBe(StatusCode.Unimplemented);
        RawClient.Value(response, "grpc-message").ShouldBe(detail);
    }

    [Fact]
    public async Task Path_NotMapped_IsLeftToOthersWhereAskedFor()
    {
        await using var host = await ProbeHost.StartAsync(configure: options => options.IgnoreUnknownServices = true);
        using var http = RawClient.Create();

        using var response = await RawClient.SendAsync(http, new Uri(host.Address, "/loomflow.probe.v1.Other/Echo"), RawClient.Frame([]));

        ((int)response.StatusCode).ShouldBe(StatusCodes.Status404NotFound);
    }

    [Fact]
    public async Task OtherEndpoints_LiveBesideTheService()
    {
        await using var host = await ProbeHost.StartAsync(map: application =>
        {
            application.MapGrpcService<ProbeService>();
            application.MapGet("/health/live", () => "fine");
        });
        using var http = new HttpClient();

        (await http.GetStringAsync(new Uri(host.Http1Address, "/health/live"), Token)).ShouldBe("fine");
    }

    [Fact]
    public async Task Endpoints_CarryMethodMetadata()
    {
        await using var host = await ProbeHost.StartAsync();

        var methods = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>())
            .OfType<GrpcMethodMetadata>()
            .ToList();

        methods.ShouldAllBe(metadata => metadata.ServiceType == typeof(ProbeService));
        methods.Select(metadata => metadata.Method.FullName).ShouldBe(
            Probe.Descriptor.Methods.Select(method => $"/{method.Service.FullName}/{method.Name}"), ignoreOrder: true);
    }

    [Fact]
    public async Task Authorization_OfTheWholeService_RefusesStrangers()
    {
        await using var host = await StartWithAuthorizationAsync(application => application.MapGrpcService<ProbeService>().RequireAuthorization());

        var stranger = await Should.ThrowAsync<RpcException>(() => host.Client.EchoAsync(new Text(), cancellationToken: Token).ResponseAsync);
        var friend = await host.Client.EchoAsync(new Text { Value = "hello" }, new Metadata { { "x-user", "ada" } }, cancellationToken: Token);

        stranger.StatusCode.ShouldBe(StatusCode.Unauthenticated);
        friend.Value.ShouldBe("hello");
    }

    [Fact]
    public async Task Authorization_OnAMethod_CountsForThatMethod()
    {
        await using var host = await StartWithAuthorizationAsync(application => application.MapGrpcService<GuardedService>());

        (await host.Client.EchoAsync(new Text { Value = "free" }, cancellationToken: Token)).Value.ShouldBe("free");
        using var stranger = host.Client.Sum(cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => stranger.ResponseAsync)).StatusCode.ShouldBe(StatusCode.Unauthenticated);
        using var wrongRole = host.Client.Sum(new Metadata { { "x-user", "ada" } }, cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => wrongRole.ResponseAsync)).StatusCode.ShouldBe(StatusCode.PermissionDenied);
        using var auditor = host.Client.Sum(new Metadata { { "x-user", "auditor" } }, cancellationToken: Token);
        await auditor.RequestStream.CompleteAsync();
        (await auditor).Value.ShouldBe(7);
    }

    [Fact]
    public async Task Service_MadeForTheCall_IsDisposedAfterIt()
    {
        await using var host = await ProbeHost.StartAsync(map: application => application.MapGrpcService<DisposableService>());

        var first = await host.Client.EchoAsync(new Text(), cancellationToken: Token);
        await DisposableService.Disposed.Task.WaitAsync(Token);

        first.Value.ShouldBe("alive");
    }

    [Fact]
    public async Task Mapping_WithoutAddGrpc_NamesTheWayOut()
    {
        await using var application = WebApplication.CreateSlimBuilder().Build();

        Should.Throw<InvalidOperationException>(() => application.MapGrpcService<ProbeService>()).Message.ShouldContain("AddGrpc");
    }

    private static Task<ProbeHost> StartWithAuthorizationAsync(Action<WebApplication> map) => ProbeHost.StartAsync(
        configureServer: server =>
        {
            server.Services.AddAuthentication("header").AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>("header", null);
            server.Services.AddAuthorization();
        },
        map: application =>
        {
            application.UseAuthentication();
            application.UseAuthorization();
            map(application);
        });

    private sealed class GuardedService : Probe.ProbeBase
    {
        public override Task<Text> Echo(Text request, ServerCallContext context) => Task.FromResult(request);

        [Authorize(Roles = "auditor")]
        public override Task<Number> Sum(IAsyncStreamReader<Number> requestStream, ServerCallContext context) => Task.FromResult(new Number { Value = 7 });
    }

    private sealed class DisposableService : Probe.ProbeBase, IAsyncDisposable
    {
        private bool _disposed;

        public static TaskCompletionSource Disposed { get; } = new();

        public override async Task<Text> Echo(Text request, ServerCallContext context)
        {
            await Task.Yield();
            return new Text { Value = _disposed ? "disposed" : "alive" };
        }

        public ValueTask DisposeAsync()
        {
            _disposed = true;
            Disposed.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string? user = Request.Headers["x-user"];
            if (user is null)
                return Task.FromResult(AuthenticateResult.NoResult());

            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, user), new Claim(ClaimTypes.Role, user)], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }
    }
}
