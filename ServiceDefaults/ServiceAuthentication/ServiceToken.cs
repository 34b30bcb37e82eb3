using System.Text.Json.Serialization;

namespace Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

/// <summary>What a token says.</summary>
internal sealed record ServiceToken
{
    /// <summary>The service that calls.</summary>
    [JsonPropertyName("iss")]
    public required string Caller { get; init; }

    /// <summary>The service that is called.</summary>
    [JsonPropertyName("aud")]
    public required string Audience { get; init; }

    [JsonPropertyName("scope")]
    public required string[] Scopes { get; init; }

    /// <summary>Seconds since 1970.</summary>
    [JsonPropertyName("exp")]
    public required long Expires { get; init; }
}
