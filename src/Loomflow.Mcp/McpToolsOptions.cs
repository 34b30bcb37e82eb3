namespace Loomflow.Mcp;

/// <summary>How servers of the Model Context Protocol are treated.</summary>
public sealed record McpToolsOptions
{
    /// <summary>How long connecting to a server and listing its tools may take. 15 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a server that could not be reached is left alone. 30 seconds.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
