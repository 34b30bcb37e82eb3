namespace Loomflow.Testing;

/// <summary>A service that listens on loopback, on ports that are free: gRPC and HTTP each on their own, as services do everywhere.</summary>
public static class LoopbackService
{
    /// <summary>Its configuration; later settings win.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Settings(string redis, params IEnumerable<(string Key, string Value)> settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = redis,
            ["Kestrel:Endpoints:grpc:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:grpc:Protocols"] = "Http2",
            ["Kestrel:Endpoints:http:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:http:Protocols"] = "Http1",
        };
        foreach (var (key, value) in settings) all[key] = value;
        return all;
    }
}
