using System.Text.Json;
using Loomflow.Aspire.ServiceDefaults.Callers;
using StackExchange.Redis;

namespace Loomflow.Aspire.ServiceDefaults.ApiKeys;

/// <summary>The API keys, in Redis, so that all replicas of all services know the same ones.</summary>
public sealed class ApiKeyStore(IConnectionMultiplexer redis, TimeProvider time)
{
    /// <summary>The longest life of a key.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(366);

    private static readonly RedisKey s_keys = "loom:{apikeys}";

    private IDatabase Database => redis.GetDatabase();

    /// <summary>A new key that is not stored yet.</summary>
    /// <exception cref="ArgumentException">The owner, the scopes or the lifetime are not such as a key can have.</exception>
    public IssuedApiKey Issue(string? user, string? tenant, IReadOnlyList<string> scopes, TimeSpan lifetime, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        if (user is null && tenant is null) throw new ArgumentException("A key belongs to a user or to a tenant: name one.");
        if (user is not null) UserIds.Check(user, "user");
        if (tenant is not null) UserIds.Check(tenant, "tenant");
        if (scopes.Count == 0) throw new ArgumentException($"A key without scopes allows nothing: give it some of {string.Join(", ", UserScopes.All)}.");
        if (scopes.FirstOrDefault(scope => !UserScopes.All.Contains(scope)) is { } unknown) throw new ArgumentException($"'{unknown}' is not a scope that a user's key can have: one of {string.Join(", ", UserScopes.All)}.");
        if (lifetime <= TimeSpan.Zero || lifetime > MaxLifetime) throw new ArgumentException($"A key lives from above zero to {MaxLifetime.TotalDays:0} days.");
        var (id, secret) = (ApiKeyText.NewId(), ApiKeyText.NewSecret());
        var now = time.GetUtcNow();
        var key = new ApiKey
        {
            Id = id,
            Hash = ApiKeyText.Hash(secret),
            User = user,
            Tenant = tenant,
            Scopes = [.. scopes.Distinct()],
            Name = name,
            Created = now,
            Expires = now + lifetime,
        };
        return new IssuedApiKey(key, ApiKeyText.Format(id, secret));
    }

    public Task SaveAsync(ApiKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Database.HashSetAsync(s_keys, key.Id, JsonSerializer.SerializeToUtf8Bytes(key));
    }

    public async Task<ApiKey?> FindAsync(string id) => Read(await Database.HashGetAsync(s_keys, id));

    /// <summary>All keys, oldest first.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync() =>
        [.. (await Database.HashGetAllAsync(s_keys)).Select(entry => Read(entry.Value)!).OrderBy(key => key.Created)];

    /// <summary>Takes a key's power away. Replicas that have just seen it may take it for some seconds more: <see cref="ApiKeyOptions.CacheFor"/>.</summary>
    /// <returns>The key, or <see langword="null"/> when there is none of that id.</returns>
    public async Task<ApiKey?> RevokeAsync(string id)
    {
        if (await FindAsync(id) is not { } key) return null;
        if (key.Revoked is not null) return key;
        var revoked = key with { Revoked = time.GetUtcNow() };
        await SaveAsync(revoked);
        return revoked;
    }

    private static ApiKey? Read(RedisValue json) => json.IsNull ? null : JsonSerializer.Deserialize<ApiKey>((byte[])json!);
}
