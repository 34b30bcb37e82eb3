using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.ServiceDefaults.ApiKeys;

/// <summary>How users' credentials are taken; section <c>ApiKeys</c>.</summary>
public sealed class ApiKeyOptions
{
    public const string Section = "ApiKeys";

    /// <summary>The id of the key that exists in Development alone, in no store: its text is <c>loomkey_development_{DevelopmentSecret}</c>.</summary>
    public const string DevelopmentId = "development";

    /// <summary>How long a replica goes on with what it has read about a key; also how long a revoked key may still be taken.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The secret of a key that allows everything, made anew by whoever starts the system in Development. Refused elsewhere.</summary>
    public string? DevelopmentSecret { get; set; }

    /// <summary>Whom the key of Development belongs to.</summary>
    public string DevelopmentUser { get; set; } = "alice";

    /// <summary>The authentication scheme that takes bearer tokens which are neither API keys nor tokens of services, such as <c>AddJwtBearer</c>'s.</summary>
    public string? OtherScheme { get; set; }
}
