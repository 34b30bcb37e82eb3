using System.Xml.Linq;

namespace Loomflow.Aspire.Sbom;

/// <summary>A package's license: an SPDX expression, or a name and perhaps an address.</summary>
internal sealed record License(string? Expression, string? Name = null, string? Url = null)
{
    private const string DeprecationNotice = "https://aka.ms/deprecateLicenseUrl";

    /// <summary>What a package's nuspec says, in any version of its format.</summary>
    public static License? Read(XDocument nuspec)
    {
        // <license type="expression">MIT</license>, <license type="file">LICENSE.txt</license>, <licenseUrl>https://…</licenseUrl>
        var metadata = nuspec.Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "metadata");
        var license = metadata?.Elements().FirstOrDefault(element => element.Name.LocalName == "license");
        if (license is not null) return license.Attribute("type")?.Value == "expression" ? new License(license.Value.Trim()) : new License(null, $"{license.Value.Trim()} in the package");

        var url = metadata?.Elements().FirstOrDefault(element => element.Name.LocalName == "licenseUrl")?.Value.Trim();
        return url is null or "" or DeprecationNotice ? null : new License(null, url, url);
    }
}
