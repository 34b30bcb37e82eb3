using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;

namespace Loomflow.Aspire.AuditService.Keys;

/// <summary><c>rotate-key</c> on the command line: asks the running service, whose key ring has the new key already.</summary>
internal static class RotateCommand
{
    public const string Name = "rotate-key";

    private const int Rotated = 0;
    private const int Refused = 1;
    private const int Misused = 2;

    private const string Usage =
        """
        Usage: rotate-key <id> --address <gRPC address of the audit service>

        Signs with another key of the key ring from the next record on. The key must be configured as Audit__Keys__<id>
        and the service restarted with it before. The variable ServiceAuth__Key holds the secret that services share.

        Exit code: 0 rotated, 1 refused, 2 wrong usage.
        """;

    public static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancellationToken)
    {
        if (args is not [var keyId, "--address", var text] || keyId.StartsWith('-') || !Uri.TryCreate(text, UriKind.Absolute, out var address))
        {
            await output.WriteLineAsync(Usage);
            return Misused;
        }

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") });
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration["ServiceAuth:Name"] ??= Name;
        builder.AddServiceDefaults();
        using var host = builder.Build();
        try
        {
            var credentials = host.Services.CreateServiceCredentials("audit", Scopes.AuditAdmin);
            credentials.InnerHandler = new SocketsHttpHandler();
            using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = credentials, DisposeHttpClient = true });
            var reply = await new AuditAdministration.AuditAdministrationClient(channel).RotateKeyAsync(new RotateKeyRequest { NewKeyId = keyId }, cancellationToken: cancellationToken);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Record {reply.Sequence} hands over from '{reply.OldKeyId}' to '{keyId}', signed by both. Keep the old key: it verifies what came before."));
            return Rotated;
        }
        catch (RpcException e)
        {
            await output.WriteLineAsync($"Not rotated: {e.Status.Detail}");
            return Refused;
        }
    }
}
