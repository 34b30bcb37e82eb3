using Loomflow.Aspire.Sbom;

namespace Loomflow.Aspire.Build.Tests.Materials;

/// <summary>What <c>dotnet restore</c> wrote, read for what a product is made of.</summary>
public sealed class AssetsFileTests : IDisposable
{
    private const string Nuspec = """<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>x</id>{0}</metadata></package>""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loomflow-assets-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Package_IsShipped_WithFilesOfItsOwn_OrForTheFilesOfWhatItBrings()
    {
        foreach (var id in new[] { "with.files", "meta", "build.only" }) AddPackage(id, "<license type=\"expression\">MIT</license>");

        var assets = Read("""
            "With.Files/1.0.0": { "type": "package", "runtime": { "lib/net8.0/With.Files.dll": {} } },
            "Meta/1.0.0": { "type": "package", "dependencies": { "With.Files": "0.9.0", "Of.The.Framework": "4.3.0" }, "runtime": { "lib/net8.0/_._": {} } },
            "Build.Only/1.0.0": { "type": "package", "build": { "build/Build.Only.targets": {} } },
            "Library/2.0.0": { "type": "project", "dependencies": { "Build.Only": "1.0.0" }, "runtime": { "bin/placeholder/Library.dll": {} } }
            """, direct: ["Meta >= 1.0.0", "Library >= 2.0.0"]);

        var components = assets.Components(asPackage: false).ToDictionary(component => component.Name);
        components.ToDictionary(one => one.Key, one => one.Value.Scope).ShouldBe(
            new Dictionary<string, Scope> { ["With.Files"] = Scope.Required, ["Meta"] = Scope.Required, ["Build.Only"] = Scope.Excluded, ["Library"] = Scope.Required }, ignoreOrder: true);
        components["Meta"].DependsOn.ShouldBe(["pkg:nuget/With.Files@1.0.0"]);
        components["Meta"].License.ShouldBe(new License("MIT"));
        components["Meta"].Sha512.ShouldBe("010203");
        components["Library"].PackageUrl.ShouldBeNull();
        assets.Direct.ShouldBe(["pkg:nuget/Meta@1.0.0", "Library@2.0.0"]);
    }

    [Theory]
    [InlineData(false, "Required")]
    [InlineData(true, "Excluded")]
    public void PrivatePackage_GoesAlongWithWhatRuns_AndNotWithAPackage(bool asPackage, string scope)
    {
        AddPackage("private", "");

        var assets = Read("""
            "Private/1.0.0": { "type": "package", "runtime": { "lib/net8.0/Private.dll": {} } }
            """, direct: ["Private >= 1.0.0"], dependencies: """ "Private": { "suppressParent": "All" } """);

        assets.Components(asPackage).ShouldHaveSingleItem().Scope.ToString().ShouldBe(scope);
    }

    [Theory]
    [InlineData("<license type=\"expression\"> MIT OR Apache-2.0 </license><licenseUrl>https://licenses.nuget.org/MIT</licenseUrl>", "MIT OR Apache-2.0", null, null)]
    [InlineData("<license type=\"file\">LICENSE.md</license><licenseUrl>https://aka.ms/deprecateLicenseUrl</licenseUrl>", null, "LICENSE.md in the package", null)]
    [InlineData("<licenseUrl>https://example.org/license</licenseUrl>", null, "https://example.org/license", "https://example.org/license")]
    public void License_IsReadFromEachFormatOfNuspecs(string metadata, string? expression, string? name, string? url)
    {
        AddPackage("some", metadata);

        var assets = Read("""
            "Some/1.0.0": { "type": "package" }
            """, direct: []);

        assets.Components(asPackage: false).ShouldHaveSingleItem().License.ShouldBe(new License(expression, name, url));
    }

    [Fact]
    public void WhatIsMissing_IsNamed_WithTheWayOut()
    {
        var missing = Path.Combine(_folder.FullName, "none.json");
        Should.Throw<SbomException>(() => AssetsFile.Read(missing, "net10.0", null)).Message.ShouldBe($"{missing} is not there: restore the project first.");

        var assets = Read("""
            "Lost/1.0.0": { "type": "package" }
            """, direct: []);
        Should.Throw<SbomException>(() => assets.Components(asPackage: false)).Message.ShouldBe("The package lost/1.0.0 is in none of the package folders: restore the project first.");

        var path = Path.Combine(_folder.FullName, "project.assets.json");
        Should.Throw<SbomException>(() => AssetsFile.Read(path, "net10.0", "linux-x64")).Message.ShouldBe($"{path} has nothing for net10.0/linux-x64: restore the project for that.");
    }

    [Theory]
    [InlineData("'--nmae' is not one of --name,", "--nmae", "x")]
    [InlineData("--name has no value.", "--name")]
    public void Arguments_ThatAreWrong_AreNamed(string message, params string[] arguments) => Should.Throw<SbomException>(() => new Arguments(arguments)).Message.ShouldStartWith(message);

    private void AddPackage(string id, string metadata)
    {
        var folder = _folder.CreateSubdirectory(Path.Combine("packages", id, "1.0.0")).FullName;
        File.WriteAllText(Path.Combine(folder, $"{id}.1.0.0.nupkg.sha512"), Convert.ToBase64String([1, 2, 3]));
        File.WriteAllText(Path.Combine(folder, $"{id}.nuspec"), string.Format(System.Globalization.CultureInfo.InvariantCulture, Nuspec, metadata));
    }

    private AssetsFile Read(string resolved, string[] direct, string dependencies = "")
    {
        var path = Path.Combine(_folder.FullName, "project.assets.json");
        var names = System.Text.RegularExpressions.Regex.Matches(resolved, "\"([^\"]+/1.0.0)\"").Select(match => match.Groups[1].Value);
        File.WriteAllText(path, $$"""
            {
              "targets": { "net10.0": { {{resolved}} } },
              "libraries": { {{string.Join(", ", names.Select(name => $"\"{name}\": {{ \"path\": \"{name.ToLowerInvariant()}\" }}"))}} },
              "projectFileDependencyGroups": { "net10.0": [{{string.Join(", ", direct.Select(one => $"\"{one}\""))}}] },
              "packageFolders": { "{{Path.Combine(_folder.FullName, "elsewhere")}}": {}, "{{Path.Combine(_folder.FullName, "packages")}}": {} },
              "project": { "frameworks": { "net10.0": { "dependencies": { {{dependencies}} } } } }
            }
            """);
        return AssetsFile.Read(path, "net10.0", runtime: null);
    }
}
