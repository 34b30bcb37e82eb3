namespace Loomflow.Aspire.EndToEnd.Tests.Secrets;

/// <summary>Outside Development no service starts without its secrets, or with those that everybody knows.</summary>
public sealed class DefaultSecretTests
{
    private const string Good = "kT9vQ2mZx7Lp4RwY8sBn3Hc6Jd1Fg5Ka";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("AuditService", "ServiceAuth__Key", null, "ServiceAuth:Key is missing")]
    [InlineData("Orchestrator", "ServiceAuth__Key", null, "ServiceAuth:Key is missing")]
    [InlineData("AgentWorker", "ServiceAuth__Key", null, "ServiceAuth:Key is missing")]
    [InlineData("AuditService", "ServiceAuth__Key", "too short", "at least 32 bytes")]
    [InlineData("AuditService", "ServiceAuth__Key", "changeme-changeme-changeme-changeme", "can be guessed")]
    [InlineData("Orchestrator", "ServiceAuth__Key", "development-secret-of-the-service-key", "can be guessed")]
    [InlineData("AgentWorker", "ServiceAuth__Key", "00000000000000000000000000000000000", "can be guessed")]
    [InlineData("AgentWorker", "ServiceAuth__PreviousKey", "changeme-changeme-changeme-changeme", "can be guessed")]
    [InlineData("AuditService", "Audit__Key", null, "no signing key")]
    [InlineData("AuditService", "Audit__Key", "loomflow-development-audit-key-that-protects-nothing", "can be guessed")]
    [InlineData("AuditService", "Audit__Key", "changeme-changeme-changeme-changeme", "can be guessed")]
    [InlineData("AuditService", "Audit__AuditorKey", "password-password", "can be guessed")]
    [InlineData("AuditService", "Audit__AuditorKey", "short", "AuditorKey")]
    [InlineData("Orchestrator", "ApiKeys__DevelopmentSecret", "kT9vQ2mZx7Lp4RwY8sBn3Hc6Jd1Fg5Kb", "is for Development alone")]
    public async Task OutsideDevelopment_AServiceWithoutASecretOfItsOwn_DoesNotStart(string service, string setting, string? value, string expected)
    {
        var directory = Directory.CreateTempSubdirectory("loomflow-secrets-");
        try
        {
            var settings = new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["DOTNET_ENVIRONMENT"] = "Production",
                ["ServiceAuth__Key"] = Good,
                ["Audit__Key"] = Good,
                ["Audit__Directory"] = directory.FullName,
                ["ConnectionStrings__redis"] = "127.0.0.1:1,abortConnect=false",
                ["services__audit__grpc__0"] = "http://127.0.0.1:1",
                ["services__orchestrator__grpc__0"] = "http://127.0.0.1:1",
            };
            if (value is null) settings.Remove(setting);
            else settings[setting] = value;
            await using var process = new ServiceProcess(service, service.ToLowerInvariant(), settings);

            var refused = await Should.ThrowAsync<InvalidOperationException>(() => process.StartAsync(Cancelled));

            refused.Message.ShouldContain("ended with exit code");
            process.Output.ShouldContain(line => line.Contains(expected, StringComparison.Ordinal), string.Join('\n', process.Output));
            if (value is not null) process.Output.ShouldNotContain(line => line.Contains(value, StringComparison.Ordinal), "what was refused is not written down");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
