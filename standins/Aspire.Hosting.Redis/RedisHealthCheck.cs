using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Redis;

/// <summary>Logs in and sends PING; a server that still loads its data answers with an error.</summary>
internal sealed class RedisHealthCheck(RedisResource redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(redis.PrimaryEndpoint.Host, redis.PrimaryEndpoint.Port, timeout.Token);
            var stream = client.GetStream();
            using var answers = new StreamReader(stream);
            if (redis.PasswordParameter is { } parameter) await SendAsync(["AUTH", await parameter.GetValueAsync(timeout.Token) ?? ""]);
            await SendAsync(["PING"]);
            return HealthCheckResult.Healthy();

            async Task SendAsync(string[] command)
            {
                // *2 $4 AUTH $6 secret: the count of the parts, then each with its length.
                var parts = command.Select(part => $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"*{command.Length}\r\n{string.Concat(parts)}"), timeout.Token);
                if (await answers.ReadLineAsync(timeout.Token) is not ['+', ..] and var answer) throw new IOException($"{command[0]}: {answer ?? "no answer"}");
            }
        }
        catch (Exception error) when (error is SocketException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return HealthCheckResult.Unhealthy(error.Message);
        }
    }
}
