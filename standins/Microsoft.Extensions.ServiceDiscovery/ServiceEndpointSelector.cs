using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Turns service names into endpoints from the configuration, round robin per request.</summary>
internal sealed class ServiceEndpointSelector : IDisposable
{
    private const string SectionName = "services";
    private const string DefaultEndpointName = "default";

    private readonly IConfiguration _configuration;
    private readonly ServiceDiscoveryOptions _options;
    private readonly IDisposable _reload;
    private volatile Snapshot _snapshot;

    public ServiceEndpointSelector(IConfiguration configuration, IOptions<ServiceDiscoveryOptions> options)
    {
        _configuration = configuration;
        _options = options.Value;
        _snapshot = Snapshot.Take(configuration);
        _reload = ChangeToken.OnChange(configuration.GetReloadToken, () => _snapshot = Snapshot.Take(configuration));
    }

    public void Dispose() => _reload.Dispose();

    /// <summary>The URI to send the request to; the host as it is when no service of that name is configured.</summary>
    /// <exception cref="KeyNotFoundException">The service is configured with keys or values that cannot be endpoints.</exception>
    public Uri Resolve(Uri request)
    {
        var query = ServiceEndpointQuery.Parse(request);
        var snapshot = _snapshot;
        if (snapshot.Services.Contains(query.ServiceName))
        {
            var rotation = snapshot.Rotations.GetOrAdd(request.GetLeftPart(UriPartial.Authority), _ => new Rotation(Find(query)));
            if (rotation.Next() is { } endpoint) return endpoint.ApplyTo(request, query);
        }

        return PassThrough(request, query);
    }

    private Uri PassThrough(Uri request, ServiceEndpointQuery query)
    {
        if (query is { Schemes.Length: 1, EndpointName: null }) return request;

        var scheme = query.Schemes[0];
        if (query.Schemes.Length > 1 && !IsAllowed(scheme)) throw new InvalidOperationException($"The scheme '{scheme}' is not allowed.");
        return new UriBuilder(request) { Scheme = scheme, Host = query.ServiceName }.Uri;
    }

    private bool IsAllowed(string scheme) =>
        _options.AllowAllSchemes || _options.AllowedSchemes.Contains(scheme, StringComparer.OrdinalIgnoreCase);

    private ServiceEndpoint[] Find(ServiceEndpointQuery query)
    {
        var schemes = query.Schemes.Where(IsAllowed).ToArray();
        var service = _configuration.GetSection(SectionName).GetSection(query.ServiceName);
        string[] candidates = query.EndpointName is { } name ? [name] : [DefaultEndpointName, .. schemes];
        var section = candidates.Select(service.GetSection).FirstOrDefault(candidate => candidate.Exists());
        if (section is null) return [];

        var endpoints = Read(query, section).ToArray();

        // Of several schemes only the most preferred one that any endpoint has is used; an endpoint without a scheme fits all.
        var preferred = schemes.FirstOrDefault(scheme => endpoints.Any(endpoint => endpoint.Scheme == scheme));
        return [.. endpoints.Where(endpoint => endpoint.Scheme is null || endpoint.Scheme == preferred)];
    }

    // services:audit:http = http://localhost:1   or   services:audit:http:0 = http://localhost:1, services:audit:http:1 = …
    private static IEnumerable<ServiceEndpoint> Read(ServiceEndpointQuery query, IConfigurationSection section)
    {
        var where = $"The endpoint configuration section for service '{query.ServiceName}' endpoint '{section.Key}'";
        IEnumerable<IConfigurationSection> values = string.IsNullOrWhiteSpace(section.Value) ? section.GetChildren() : [section];
        foreach (var value in values)
        {
            if (value != section && !int.TryParse(value.Key, out _)) throw new KeyNotFoundException($"{where} has non-numeric keys.");

            yield return ServiceEndpoint.Parse(value.Value)
                ?? throw new KeyNotFoundException($"{where} has an invalid value with key '{value.Key}'.");
        }
    }

    /// <summary>What the configuration holds until it next changes. Only configured services are remembered, so it stays small.</summary>
    private sealed record Snapshot(HashSet<string> Services, ConcurrentDictionary<string, Rotation> Rotations)
    {
        public static Snapshot Take(IConfiguration configuration) => new(
            configuration.GetSection(SectionName).GetChildren().Select(service => service.Key).ToHashSet(StringComparer.OrdinalIgnoreCase),
            new ConcurrentDictionary<string, Rotation>());
    }

    private sealed class Rotation(ServiceEndpoint[] endpoints)
    {
        private uint _next = uint.MaxValue;

        public ServiceEndpoint? Next() =>
            endpoints.Length == 0 ? null : endpoints[Interlocked.Increment(ref _next) % (uint)endpoints.Length];
    }
}
