namespace Loomflow.Aspire.Sbom;

/// <summary>Something that a product is made of: a package of a feed, or a project of the same solution.</summary>
internal sealed record Component(string Name, string Version)
{
    /// <summary>Where to get it, as a package URL; a project of the solution has none.</summary>
    public string? PackageUrl { get; init; }

    /// <summary>Of the package's file, in hexadecimal digits.</summary>
    public string? Sha512 { get; init; }

    public License? License { get; init; }

    public Scope Scope { get; init; }

    /// <summary>The components that it depends on, by <see cref="Reference"/>.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>What other parts of the document call it.</summary>
    public string Reference => PackageUrl ?? $"{Name}@{Version}";

    /// <summary>https://github.com/package-url/purl-spec: pkg:nuget/name@version, percent-encoded.</summary>
    public static string PackageUrlOf(string name, string version) => $"pkg:nuget/{Uri.EscapeDataString(name)}@{Uri.EscapeDataString(version)}";
}
