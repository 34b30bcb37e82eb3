namespace Aspire.StackExchange.Redis;

/// <summary>Bound from <c>Aspire:StackExchange:Redis</c>, then from the section of the connection's name in it.</summary>
public sealed class StackExchangeRedisSettings
{
    public string? ConnectionString { get; set; }

    public bool DisableHealthChecks { get; set; }

    /// <summary>This stand-in has no instrumentation of Redis commands, so there is nothing that this turns off.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>False to connect when the host starts rather than on first use.</summary>
    public bool DisableAutoActivation { get; set; } = true;
}
