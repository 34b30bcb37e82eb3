using System.IO.Pipelines;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Loomflow.Mcp.Tests;

/// <summary>A real server of the SDK at the other end of two pipes. Every connection gets a session of its own.</summary>
internal sealed class PipedServer : IAsyncDisposable
{
    private readonly List<(McpServer Session, Stream Output)> _sessions = [];

    public PipedServer(params McpServerTool[] tools)
    {
        Tools = [.. tools];
    }

    public McpServerPrimitiveCollection<McpServerTool> Tools { get; }

    /// <summary>How often it was connected to.</summary>
    public int Connections { get; private set; }

    public bool Down { get; set; }

    /// <summary>Refuses this many connections before the next one works.</summary>
    public int Refuse { get; set; }

    public McpServerSpec Spec(string name) => McpServerSpec.Over(name, () =>
    {
        Connections++;
        if (Down || Refuse-- > 0) throw new IOException("connection refused");
        var (toServer, toClient) = (new Pipe(), new Pipe());
        var output = toClient.Writer.AsStream();
        var session = McpServer.Create(
            new StreamServerTransport(toServer.Reader.AsStream(), output, name),
            new McpServerOptions { ServerInfo = new Implementation { Name = name, Version = "1" }, ToolCollection = Tools });
        _ = session.RunAsync();
        _sessions.Add((session, output));
        return new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream());
    });

    /// <summary>Drops every connection, as a process that dies does.</summary>
    public async Task DropAsync()
    {
        foreach (var (session, output) in _sessions)
        {
            await output.DisposeAsync();
            await session.DisposeAsync();
        }

        _sessions.Clear();
    }

    public async ValueTask DisposeAsync() => await DropAsync();
}
