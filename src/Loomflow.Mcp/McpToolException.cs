namespace Loomflow.Mcp;

/// <summary>A tool of a server reported an error; the model is told its text.</summary>
public sealed class McpToolException : Exception
{
    internal McpToolException(string server, string tool, string text) : base(text.Length > 0 ? text : $"The tool '{tool}' of '{server}' failed.")
    {
        Server = server;
        Tool = tool;
    }

    /// <summary>The server.</summary>
    public string Server { get; }

    /// <summary>The tool.</summary>
    public string Tool { get; }
}
