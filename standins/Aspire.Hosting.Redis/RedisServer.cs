using System.Globalization;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Run;

namespace Aspire.Hosting.Redis;

/// <summary>Turns the container's command line into a configuration for the <c>redis-server</c> of this machine.</summary>
internal static class RedisServer
{
    public static ProcessSpec Create(LocalProgramContext context, string dataDirectory)
    {
        // Without a volume the data goes with the run.
        var data = context.Mount(dataDirectory) ?? Directory.CreateTempSubdirectory("redis-").FullName;
        var port = context.Replica.Ports[RedisResource.PrimaryEndpointName].Number;

        // Given on the standard input, so that the password is in no list of processes.
        var configuration = new StringBuilder(ToConfiguration(context.Arguments))
            .AppendLine(CultureInfo.InvariantCulture, $"port {port}")
            .AppendLine("bind 127.0.0.1 -::1")
            .AppendLine(CultureInfo.InvariantCulture, $"dir {Quote(data)}")
            .AppendLine("daemonize no");
        if (context.Mount(dataDirectory) is null) configuration.AppendLine("save \"\"");
        return new ProcessSpec("redis-server", ["-"], data)
        {
            Input = configuration.ToString(),
            HowToInstall = "Install it (apt-get install redis-server, or brew install redis), or use the genuine packages with a container runtime.",
        };
    }

    // redis-server --requirepass secret --save 60 1   =>   requirepass "secret" / save "60" "1"
    private static string ToConfiguration(IReadOnlyList<string> arguments)
    {
        var lines = new StringBuilder();
        foreach (var argument in arguments.Skip(1))
        {
            if (argument.StartsWith("--", StringComparison.Ordinal)) lines.Append(lines.Length == 0 ? "" : "\n").Append(argument.AsSpan(2));
            else lines.Append(' ').Append(Quote(argument));
        }

        return lines.Append('\n').ToString();
    }

    private static string Quote(string value) =>
        $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
