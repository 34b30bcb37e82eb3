namespace Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

/// <summary>How services prove to each other who they are; section <c>ServiceAuth</c>.</summary>
public sealed class ServiceAuthenticationOptions
{
    public const string Section = "ServiceAuth";

    /// <summary>The shortest secret that is accepted, in bytes.</summary>
    public const int MinKeyBytes = 32;

    /// <summary>The secret that all services share. Without one the services trust each other, which is for Development alone.</summary>
    public string? Key { get; set; }

    /// <summary>The secret before the last rotation: tokens signed with it are still accepted.</summary>
    public string? PreviousKey { get; set; }

    /// <summary>The name that this service calls itself.</summary>
    public string Name { get; set; } = "";

    /// <summary>How long a token is good for.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>By how much the clocks of two services may differ.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);
}
