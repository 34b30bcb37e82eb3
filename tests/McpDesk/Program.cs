using Loomflow.McpDesk;
using ModelContextProtocol.Server;

if (args is ["http"])
{
    await HttpServer.RunAsync();
    return;
}

await using var server = McpServer.Create(new StdioServerTransport("desk"), Desk.Options());
await server.RunAsync();
