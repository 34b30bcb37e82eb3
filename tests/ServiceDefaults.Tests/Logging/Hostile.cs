namespace Loomflow.Aspire.ServiceDefaults.Tests.Logging;

/// <summary>Texts that callers might send to be written down.</summary>
internal static class Hostile
{
    // In two parts, so that scanners of repositories do not take it for one.
    public const string Secret = "sk-" + "ant-api03-abcdefghijklmnop";

    public const string OwnKey = "loomkey" + "_3f0c9a1be77d2c55_abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Ends the line, begins one that looks like a record, rings, turns red, turns the text around, ends the line in other ways.</summary>
    public const string Forgery = "alice\r\n2026-01-01T00:00:00.000Z info Audit[1] approved by admin\n\u0007\u001b[31mred\u202e\u2028\u0085\u009b2J\0end";
}
