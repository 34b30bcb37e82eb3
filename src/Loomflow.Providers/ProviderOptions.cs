namespace Loomflow.Providers;

/// <summary>Where a provider is and how it is called. Retries are the agent's, so the SDKs' own are off.</summary>
public sealed record ProviderOptions
{
    /// <summary>The key.</summary>
    public required string ApiKey
    {
        get;
        init => field = string.IsNullOrWhiteSpace(value) ? throw new ArgumentException("A provider needs its API key: read it from configuration or the environment.", nameof(value)) : value;
    }

    /// <summary>Another address than the provider's own, for example a gateway or a server that speaks its protocol.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The most tokens that an answer may have where a call does not say; Anthropic's API demands a number. 4,096.</summary>
    public int MaxOutputTokens { get; init; } = 4096;

    /// <summary>What carries the requests; a handler of their own for all models made with these options when left out.</summary>
    public HttpMessageHandler? Handler { get; init; }
}
