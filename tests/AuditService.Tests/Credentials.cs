using Grpc.Net.Client;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Loomflow.Aspire.AuditService.Tests;

/// <summary>A calling service's credentials.</summary>
internal static class Credentials
{
    public const string ServiceKey = "a service key of the tests, which is long enough";

    public const string AuditorKey = "an auditor's key of the tests";

    public static GrpcChannel CreateChannel(Uri address, params string[] scopes)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ServiceAuth:Key"] = ServiceKey, ["ServiceAuth:Name"] = "tests" });
        builder.AddServiceDefaults();
        var handler = builder.Build().Services.CreateServiceCredentials("audit", scopes);
        handler.InnerHandler = new SocketsHttpHandler();
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }
}
