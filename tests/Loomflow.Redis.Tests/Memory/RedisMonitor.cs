using System.Net;
using System.Net.Sockets;

namespace Loomflow.Redis.Tests.Memory;

/// <summary>Watches a server's commands through MONITOR.</summary>
internal static class RedisMonitor
{
    /// <summary>The commands that the server carried out during a call, in order; those inside scripts are marked <c>lua]</c>.</summary>
    public static async Task<IReadOnlyList<string>> WatchAsync(MemoryRedis redis, Func<Task> call, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, redis.Server.Port, cancellationToken);
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync("MONITOR\r\n"u8.ToArray(), cancellationToken);
        (await reader.ReadLineAsync(cancellationToken)).ShouldBe("+OK");

        await call();
        var end = Guid.NewGuid().ToString("n");
        await redis.Connection.GetServers().Single().EchoAsync(end);

        var lines = new List<string>();
        while (await reader.ReadLineAsync(cancellationToken) is { } line && !line.Contains(end, StringComparison.Ordinal))
        {
            // The connection's own upkeep is no command of ours.
            if (!line.EndsWith("\"PING\"", StringComparison.OrdinalIgnoreCase)) lines.Add(line);
        }

        return lines;
    }
}
