using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Tests.Probes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Tests;

/// <summary>The probe service on Kestrel: HTTP/2 without TLS on one free port, HTTP/1.1 on another.</summary>
internal sealed class ProbeHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly GrpcChannel _channel;

    private ProbeHost(WebApplication application)
    {
        _application = application;
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        Address = new Uri(addresses[0]);
        Http1Address = new Uri(addresses[1]);
        _channel = GrpcChannel.ForAddress(Address);
        Client = new Probe.ProbeClient(_channel);
    }

    public Uri Address { get; }

    public Uri Http1Address { get; }

    public Probe.ProbeClient Client { get; }

    public IServiceProvider Services => _application.Services;

    public static async Task<ProbeHost> StartAsync(
        Action<ProbeBehaviour>? behave = null,
        Action<GrpcServiceOptions>? configure = null,
        Action<IGrpcServerBuilder>? configureServer = null,
        Action<WebApplication>? map = null)
    {
        var behaviour = new ProbeBehaviour();
        behave?.Invoke(behaviour);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(behaviour);
        var server = builder.Services.AddGrpc(configure ?? (_ => { }));
        configureServer?.Invoke(server);

        var application = builder.Build();
        if (map is null)
            application.MapGrpcService<ProbeService>();
        else
            map(application);
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new ProbeHost(application);
    }

    public (GrpcChannel Channel, Probe.ProbeClient Client) Connect(Action<GrpcChannelOptions> configure)
    {
        var options = new GrpcChannelOptions();
        configure(options);
        var channel = GrpcChannel.ForAddress(Address, options);
        return (channel, new Probe.ProbeClient(channel));
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();

        // A test may leave a method waiting; it is cancelled rather than waited for.
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }
}
