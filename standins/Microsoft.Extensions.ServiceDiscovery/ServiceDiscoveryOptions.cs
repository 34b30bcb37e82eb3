namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Which URI schemes a resolved endpoint may have.</summary>
public sealed class ServiceDiscoveryOptions
{
    /// <summary>Whether every scheme is allowed, which is the default.</summary>
    public bool AllowAllSchemes { get; set; } = true;

    /// <summary>The schemes that are allowed when <see cref="AllowAllSchemes"/> is false.</summary>
    public IList<string> AllowedSchemes { get; set; } = [];
}
