using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Loomflow.McpDesk;

/// <summary>What the server offers.</summary>
internal static class Desk
{
    private static readonly List<string> s_charges = [];

    public static McpServerOptions Options() => new()
    {
        ServerInfo = new Implementation { Name = "desk", Version = "1" },
        ToolCollection =
        [
            Tool((string city) => $"sunny in {city}", "weather", readOnly: true),
            Tool((string name) => Environment.GetEnvironmentVariable(name) ?? "(not set)", "environment", readOnly: true),
            Tool((string account) => Charge(account), "charge", readOnly: false),
            Tool(() => { Environment.Exit(3); return ""; }, "crash", readOnly: true),
        ],
    };

    private static string Charge(string account)
    {
        lock (s_charges)
        {
            s_charges.Add(account);
            return $"charged {account}, {s_charges.Count} in all";
        }
    }

    private static McpServerTool Tool(Delegate method, string name, bool readOnly) =>
        McpServerTool.Create(method, new McpServerToolCreateOptions { Name = name, ReadOnly = readOnly });
}
