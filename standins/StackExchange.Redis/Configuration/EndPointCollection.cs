using System.Collections;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;

namespace StackExchange.Redis;

public sealed class EndPointCollection : Collection<EndPoint>, IEnumerable<EndPoint>
{
    public EndPointCollection()
    {
    }

    public EndPointCollection(IList<EndPoint> endpoints)
        : base(endpoints)
    {
    }

    public static string ToString(EndPoint? endpoint) => endpoint switch
    {
        DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        null => "",
        _ => endpoint.ToString()!,
    };

    public static EndPoint? TryParse(string endpoint)
    {
        if (string.IsNullOrWhiteSpace(endpoint)) return null;
        var (host, port) = Split(endpoint.Trim());
        if (port < 0 || host.Length == 0) return null;
        return IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }

    public void Add(string hostAndPort) =>
        Add(TryParse(hostAndPort) ?? throw new ArgumentException($"Could not parse host and port from '{hostAndPort}'", nameof(hostAndPort)));

    public void Add(string host, int port) =>
        Add(IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port));

    public void Add(IPAddress host, int port) => Add(new IPEndPoint(host, port));

    public bool TryAdd(EndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (Contains(endpoint)) return false;
        Add(endpoint);
        return true;
    }

    public new IEnumerator<EndPoint> GetEnumerator() => base.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => base.GetEnumerator();

    /// <summary>Gives endpoints without a port the usual one.</summary>
    internal void SetDefaultPorts(int port)
    {
        for (var i = 0; i < Count; i++)
        {
            this[i] = this[i] switch
            {
                DnsEndPoint { Port: 0 } dns => new DnsEndPoint(dns.Host, port, dns.AddressFamily),
                IPEndPoint { Port: 0 } ip => new IPEndPoint(ip.Address, port),
                var complete => complete,
            };
        }
    }

    protected override void InsertItem(int index, EndPoint item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (Contains(item)) throw new ArgumentException("EndPoints must be unique", nameof(item));
        base.InsertItem(index, item);
    }

    // "host", "host:6379", "127.0.0.1:6379", "[::1]:6379" or "::1".
    private static (string Host, int Port) Split(string text)
    {
        var colon = text.LastIndexOf(':');
        var unbracketed = text[0] != '[' && text.IndexOf(':', StringComparison.Ordinal) != colon;
        if (colon < 0 || unbracketed || text[^1] == ']') return (text.Trim('[', ']'), 0);
        return int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535
            ? (text[..colon].Trim('[', ']'), port)
            : ("", -1);
    }
}
