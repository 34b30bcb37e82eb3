using ModelContextProtocol.Client;

namespace Loomflow.Mcp;

/// <summary>A server of the Model Context Protocol and how to reach it.</summary>
public sealed class McpServerSpec
{
    private readonly Func<IClientTransport> _transport;

    private McpServerSpec(string name, Func<IClientTransport> transport)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, _transport) = (name, transport);
    }

    /// <summary>The server's name: tells tools of the same name apart.</summary>
    public string Name { get; }

    /// <summary>A server that is started as a process and spoken to over its standard streams. It inherits only the environment that it needs to start.</summary>
    /// <param name="name">The server's name.</param>
    /// <param name="command">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables that it is given besides.</param>
    public static McpServerSpec Stdio(string name, string command, IEnumerable<string>? arguments = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(command);
        return new McpServerSpec(name, () => new StdioClientTransport(new StdioClientTransportOptions
        {
            Name = name,
            Command = command,
            Arguments = [.. arguments ?? []],
            InheritEnvironmentVariables = false,
            EnvironmentVariables = Environment(environment),
        }));
    }

    /// <summary>A server behind an address, over Streamable HTTP.</summary>
    /// <param name="name">The server's name.</param>
    /// <param name="address">The address.</param>
    /// <param name="headers">Headers of every request, for example a credential.</param>
    public static McpServerSpec Http(string name, Uri address, IReadOnlyDictionary<string, string>? headers = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new McpServerSpec(name, () => new HttpClientTransport(new HttpClientTransportOptions
        {
            Name = name,
            Endpoint = address,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = headers?.ToDictionary(),
        }));
    }

    /// <summary>A server over a transport of one's own, made anew for every connection.</summary>
    public static McpServerSpec Over(string name, Func<IClientTransport> transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        return new McpServerSpec(name, transport);
    }

    internal IClientTransport NewTransport() => _transport();

    // Keys and tokens of this process are none of the server's business.
    private static Dictionary<string, string?> Environment(IReadOnlyDictionary<string, string>? given)
    {
        var variables = StdioClientTransportOptions.GetDefaultEnvironmentVariables().ToDictionary(one => one.Key, one => (string?)one.Value);
        foreach (var (name, value) in given ?? new Dictionary<string, string>()) variables[name] = value;
        return variables;
    }
}
