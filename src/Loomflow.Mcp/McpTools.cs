using Microsoft.Extensions.AI;

namespace Loomflow.Mcp;

/// <summary>
/// The tools of some servers of the Model Context Protocol, for <see cref="AgentOptions.ToolSources"/>. Each server stands alone: one that is
/// dead has no tools and keeps nobody else from theirs. Give one instance to all agents that use the servers, and dispose of it in the end.
/// </summary>
public sealed class McpTools : IToolSource, IAsyncDisposable
{
    private readonly McpConnection[] _servers;

    /// <summary>Takes note of the servers; they are connected to when tools are first asked for.</summary>
    /// <exception cref="ArgumentException">Two servers have the same name.</exception>
    public McpTools(IEnumerable<McpServerSpec> servers, McpToolsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(servers);
        _servers = [.. servers.Select(server => new McpConnection(server, options ?? new McpToolsOptions()))];
        if (_servers.GroupBy(server => server.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Two servers are named '{twice.Key}': a server's name tells its tools apart, so give each its own.", nameof(servers));
        }
    }

    /// <summary>The servers that could not be reached when they were last tried, and why.</summary>
    public IReadOnlyDictionary<string, string> Unavailable =>
        _servers.Where(server => server.Problem is not null).ToDictionary(server => server.Name, server => server.Problem!);

    /// <summary>
    /// The tools of all servers that can be reached. A name that two servers share is given as <c>server__tool</c>. Tools that do not say that they
    /// only read or can be undone are destructive, as the protocol has it.
    /// </summary>
    public async ValueTask<IReadOnlyList<AIFunction>> ListAsync(CancellationToken cancellationToken = default)
    {
        var listed = await Task.WhenAll(_servers.Select(server => server.ListAsync(cancellationToken))).ConfigureAwait(false);
        var shared = listed.SelectMany(tools => tools).CountBy(tool => tool.ProtocolTool.Name).Where(one => one.Value > 1).Select(one => one.Key).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. _servers.Zip(listed).SelectMany(one => one.Second.Select(tool => (AIFunction)Tool.Of(
                new McpFunction(one.First, tool, shared.Contains(tool.ProtocolTool.Name) ? $"{one.First.Name}__{tool.ProtocolTool.Name}" : tool.ProtocolTool.Name),
                new ToolOptions { Effect = McpFunction.EffectOf(tool.ProtocolTool.Annotations) }))),
        ];
    }

    /// <summary>Disconnects from all servers and ends those that were started.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync().ConfigureAwait(false);
    }
}
