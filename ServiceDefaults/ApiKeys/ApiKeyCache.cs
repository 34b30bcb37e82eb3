using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ApiKeys;

/// <summary>Spares a look into the store for each call. Only keys that exist are kept, so that guesses fill nothing.</summary>
internal sealed class ApiKeyCache(ApiKeyStore store, IOptions<ApiKeyOptions> options, TimeProvider time)
{
    private const int MaxKeys = 10_000;

    private readonly ConcurrentDictionary<string, (ApiKey Key, DateTimeOffset Until)> _keys = new(StringComparer.Ordinal);

    public async ValueTask<ApiKey?> FindAsync(string id)
    {
        var now = time.GetUtcNow();
        if (_keys.TryGetValue(id, out var known) && now < known.Until) return known.Key;
        if (await store.FindAsync(id) is not { } key)
        {
            _keys.TryRemove(id, out _);
            return null;
        }

        if (_keys.Count >= MaxKeys) _keys.Clear();
        _keys[id] = (key, now + options.Value.CacheFor);
        return key;
    }
}
