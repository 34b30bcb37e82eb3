using System.Security.Cryptography;
using System.Xml.Linq;

namespace Loomflow.Aspire.Cli.Packages;

/// <summary>Which packages this machine uses and why, as it is remembered in <c>.loom/packages.props</c>, which every build imports.</summary>
internal sealed record PackageChoice(bool UseStandIns, ChoiceBasis Basis, string Reason)
{
    public string Packages => UseStandIns ? "stand-ins" : "genuine packages";

    public static string FileOf(Workspace workspace) => workspace.InState("packages.props");

    /// <summary>What is remembered, or <see langword="null"/> if nothing is, or the versions changed since the feed was asked for them.</summary>
    public static PackageChoice? Load(Workspace workspace)
    {
        var file = FileOf(workspace);
        if (!File.Exists(file)) return null;

        var properties = XDocument.Load(file).Root?.Element("PropertyGroup");
        if (properties?.Element("LoomPackagesBasis")?.Value is not { } basis || !Enum.TryParse<ChoiceBasis>(basis, out var known)) return null;
        if (known is ChoiceBasis.Feed && properties.Element("LoomPackagesVersions")?.Value != VersionsOf(workspace)) return null;

        return new PackageChoice(properties.Element("UseStandIns")?.Value == "true", known, properties.Element("LoomPackagesReason")?.Value ?? "");
    }

    public void Save(Workspace workspace)
    {
        Directory.CreateDirectory(workspace.State);
        var document = new XDocument(
            new XComment(" Written by `dotnet run loom.cs`. A property on the command line or in the environment still wins. "),
            new XElement(
                "Project",
                new XElement(
                    "PropertyGroup",
                    new XElement("UseStandIns", new XAttribute("Condition", "'$(UseStandIns)' == ''"), UseStandIns ? "true" : "false"),
                    new XElement("LoomPackagesBasis", Basis),
                    new XElement("LoomPackagesReason", Reason),
                    new XElement("LoomPackagesVersions", VersionsOf(workspace)))));

        // An unchanged file keeps its time, so that nothing is built again for it.
        var text = document + "\n";
        var file = FileOf(workspace);
        if (!File.Exists(file) || File.ReadAllText(file) != text) File.WriteAllText(file, text);
    }

    private static string VersionsOf(Workspace workspace) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(workspace.In("Directory.Packages.props"))))[..16];
}
