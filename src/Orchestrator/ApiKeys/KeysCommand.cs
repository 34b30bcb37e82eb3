using System.Globalization;
using System.Text.Json;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Aspire.ServiceDefaults.ApiKeys;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Audit;
using Loomflow.Audit.Client;
using StackExchange.Redis;

namespace Loomflow.Aspire.Orchestrator.ApiKeys;

/// <summary><c>keys</c> on the command line: makes, lists and revokes the API keys of users.</summary>
internal static class KeysCommand
{
    public const string Name = "keys";

    private const int Done = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(90);

    private static readonly string s_usage =
        $"""
        Usage: keys create --user <id> [--tenant <id>] [options]     a key of one user
               keys create --tenant <id> [options]                   a key of a whole tenant, which names the user in each call
               keys list
               keys revoke <key id>

          --scopes <a,b,…>        {string.Join(", ", UserScopes.All)};
                                  by default {string.Join(", ", UserScopes.Ordinary)}
          --days <n>              how long the key is good for: {s_lifetime.TotalDays:0} by default, {ApiKeyStore.MaxLifetime.TotalDays:0} at most
          --name <text>           what people call it
          --without-audit         where no audit service can be reached

        Redis, the audit service and the services' key come from the same settings as the orchestrator's own:
        ConnectionStrings__redis, services__audit__grpc__0, ServiceAuth__Key.
        A key is shown once, when it is made, and alone on standard output. Only its hash is stored.

        Exit code: 0 done, 1 failed, 2 wrong usage.
        """;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter messages, CancellationToken cancellationToken)
    {
        try
        {
            var arguments = KeysArguments.Parse(args);
            using var host = Build();
            var store = host.Services.GetRequiredService<ApiKeyStore>();
            var audit = arguments.WithoutAudit ? null : host.Services.GetRequiredService<IAuditLog>();
            await (arguments.Verb switch
            {
                "create" => CreateAsync(store, audit, arguments, output, messages, cancellationToken),
                "list" => ListAsync(store, output, messages),
                _ => RevokeAsync(store, audit, arguments.KeyId!, output, cancellationToken),
            });
            return Done;
        }
        catch (ArgumentException misuse)
        {
            await messages.WriteLineAsync(misuse.Message);
            await messages.WriteLineAsync(s_usage);
            return Misused;
        }
        catch (Exception failure) when (failure is RedisException or AuditException or InvalidOperationException)
        {
            await messages.WriteLineAsync(failure.Message);
            return Failed;
        }
    }

    private static IHost Build()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        builder.AddRedisClient("redis");
        builder.AddAuditClient(client => client.Timeout = TimeSpan.FromSeconds(10)).AddServiceCredentials("audit", Scopes.AuditAppend);
        builder.Services.AddSingleton<ApiKeyStore>();
        return builder.Build();
    }

    private static async Task CreateAsync(ApiKeyStore store, IAuditLog? audit, KeysArguments arguments, TextWriter output, TextWriter messages, CancellationToken cancellationToken)
    {
        var issued = store.Issue(arguments.User, arguments.Tenant, arguments.Scopes ?? UserScopes.Ordinary, arguments.Lifetime ?? s_lifetime, arguments.KeyName);
        await RecordAsync(audit, issued.Key, "created", cancellationToken);
        await store.SaveAsync(issued.Key);

        // The key alone, so that KEY=$(… keys create …) is one.
        await output.WriteLineAsync(issued.Text);
        await messages.WriteLineAsync(Describe(issued.Key, issued.Key.Created));
    }

    private static async Task ListAsync(ApiKeyStore store, TextWriter output, TextWriter messages)
    {
        var keys = await store.ListAsync();
        if (keys.Count == 0) await messages.WriteLineAsync("There are no keys: make one with 'keys create'.");
        foreach (var key in keys) await output.WriteLineAsync(Describe(key, DateTimeOffset.UtcNow));
    }

    private static async Task RevokeAsync(ApiKeyStore store, IAuditLog? audit, string id, TextWriter output, CancellationToken cancellationToken)
    {
        var key = await store.FindAsync(id) ?? throw new InvalidOperationException($"There is no key '{id}'.");
        await RecordAsync(audit, key, "revoked", cancellationToken);
        await output.WriteLineAsync(Describe((await store.RevokeAsync(id))!, DateTimeOffset.UtcNow));
    }

    // Before it is done: what cannot be audited does not happen.
    private static async Task RecordAsync(IAuditLog? audit, ApiKey key, string what, CancellationToken cancellationToken)
    {
        if (audit is null) return;
        await audit.AppendAsync(
            new AuditEntry
            {
                EventId = $"apikey/{key.Id}/{what}/{Guid.CreateVersion7():n}",
                Time = DateTimeOffset.UtcNow,
                Action = AuditAction.KeyEvent,
                Actor = AuditActor.User,
                Partition = PartitionKey.Of(key.Owner),
                Subject = $"API key {key.Id} {what}",
                Payload = JsonSerializer.SerializeToUtf8Bytes(new { key.Id, key.User, key.Tenant, key.Scopes, key.Name, key.Expires, by = Environment.UserName, on = Environment.MachineName }, JsonSerializerOptions.Web),
            },
            cancellationToken);
    }

    private static string Describe(ApiKey key, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"{key.Id}  {key.Owner}  {string.Join(',', key.Scopes)}  {key.ProblemAt(now) ?? $"until {key.Expires:yyyy-MM-dd}"}{(key.Name is null ? "" : $"  ({key.Name})")}");
}
