using System.IO.Compression;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Loomflow.Testing;

namespace Loomflow.Aspire.Build.Tests.Materials;

/// <summary>The bill of materials in the package of templates.</summary>
public sealed class PackedTemplatesTests(Schema schema) : IDisposable
{
    private const string Product = "pkg:nuget/Loomflow.Aspire.Templates@0.1.0";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loomflow-pack-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Package_SaysWhichPackagesAScaffoldAsksFor_AndThatTheyBringOthers()
    {
        var document = await PackAsync();
        var sbom = JsonNode.Parse(document)!;

        // As the scaffold's Directory.Packages.props has them, which is the repository's without what stays there.
        var declared = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(version => version.Attribute("Include")!.Value).Where(id => id != "BenchmarkDotNet").ToArray();
        var components = sbom["components"]!.AsArray().ToDictionary(component => component!["name"]!.GetValue<string>(), component => component!);
        components.Keys.ShouldBe(declared, ignoreOrder: true);
        components["Google.Protobuf"]["purl"]!.GetValue<string>().ShouldBe("pkg:nuget/Google.Protobuf@3.36.2");
        components["Aspire.Hosting.Redis"]["purl"]!.GetValue<string>().ShouldBe("pkg:nuget/Aspire.Hosting.Redis@13.5.2");
        components.Values.ShouldAllBe(component => component["scope"]!.GetValue<string>() == "optional");

        var product = sbom["metadata"]!["component"]!;
        product["purl"]!.GetValue<string>().ShouldBe(Product);
        product["licenses"]!.ToJsonString().ShouldBe("""[{"expression":"MIT"}]""");
        sbom["dependencies"]!.AsArray().Single(one => one!["ref"]!.GetValue<string>() == Product)!["dependsOn"]!.AsArray().Count.ShouldBe(declared.Length);
        sbom["compositions"]!.ToJsonString().ShouldBe($$"""[{"aggregate":"incomplete","dependencies":["{{Product}}"]}]""");

        (await PackAsync()).ShouldBe(document);
        var file = Path.Combine(_folder.FullName, "sbom.json");
        await File.WriteAllTextAsync(file, document, TestContext.Current.CancellationToken);
        (await schema.ProblemsAsync(file)).ShouldBeEmpty();
    }

    private async Task<string> PackAsync()
    {
        await Dotnet.RunAsync(Repository.Root, ["pack", "templates", "-o", _folder.FullName], s_limit);
        using var package = ZipFile.OpenRead(Directory.GetFiles(_folder.FullName, "*.nupkg").ShouldHaveSingleItem());
        using var reader = new StreamReader(package.GetEntry("Loomflow.Aspire.Templates.cdx.json").ShouldNotBeNull().Open());
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
