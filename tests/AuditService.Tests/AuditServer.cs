using System.Net.Http.Headers;
using Grpc.Net.Client;
using Loomflow.Audit.Client;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AuditService.Tests;

/// <summary>The service on real sockets, in this process.</summary>
internal sealed class AuditServer : IAsyncDisposable
{
    public const string Secret = "dGhlIHJhaW4gaW4gU3BhaW4gc3RheXMgbWFpbmx5IGluIHRoZSBwbGFpbg==";

    /// <summary>What a service writes to a new log before anybody else does: its creation, its opening, the settings, and the keys.</summary>
    public const int OwnRecords = 4;

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private AuditServer(WebApplication app)
    {
        _app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        Http = new HttpClient { BaseAddress = new Uri(addresses[0]), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Credentials.AuditorKey) } };
        GrpcAddress = new Uri(addresses[1]);
        _channel = Credentials.CreateChannel(GrpcAddress, Scopes.AuditAppend, Scopes.AuditRead, Scopes.AuditAdmin);
    }

    public HttpClient Http { get; }

    public Uri GrpcAddress { get; }

    public IServiceProvider Services => _app.Services;

    public AuditAppender.AuditAppenderClient Appender => new(_channel);

    public AuditReader.AuditReaderClient Reader => new(_channel);

    public AuditAdministration.AuditAdministrationClient Administration => new(_channel);

    public static async Task<AuditServer> StartAsync(string directory, int grpcPort = 0, Dictionary<string, string?>? settings = null, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Audit:Directory"] = directory,
            ["Audit:Key"] = Secret,
            ["Audit:AuditorKey"] = Credentials.AuditorKey,
            ["ServiceAuth:Key"] = Credentials.ServiceKey,
            ["ServiceAuth:Name"] = "audit",
            ["Audit:CheckpointInterval"] = "00:00:00.050",
        });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(System.Net.IPAddress.Loopback, grpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRoutingCore();
        builder.AddServiceDefaults();
        builder.AddAuditLog();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapAuditApi();
        await app.StartAsync(cancellationToken);
        return new AuditServer(app);
    }

    public GrpcAuditLog CreateClient(Action<AuditClientOptions>? configure = null)
    {
        var options = new AuditClientOptions();
        configure?.Invoke(options);
        return new GrpcAuditLog(Appender, Options.Create(options), NullLogger<GrpcAuditLog>.Instance);
    }

    /// <summary>Stops the service; clients of it stay as they are.</summary>
    public async Task StopAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await StopAsync();
    }
}
