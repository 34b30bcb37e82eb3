using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Loomflow.Testing;

namespace Loomflow.Aspire.Build.Tests.Materials;

/// <summary>The bill of materials beside a published service, against what was published.</summary>
public sealed class PublishedServiceTests(Schema schema)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("AuditService")]
    [InlineData("AgentWorker")]
    [InlineData("Orchestrator")]
    public async Task Service_HasABillOfMaterials_OfThePackagesThatItRunsWith(string service)
    {
        var folder = Directory.CreateTempSubdirectory("loomflow-publish-");
        try
        {
            await PublishAsync(service, folder.FullName);
            var file = Path.Combine(folder.FullName, $"{service}.cdx.json");
            var sbom = JsonNode.Parse(File.ReadAllText(file))!;
            var components = sbom["components"]!.AsArray().Select(component => component!).ToArray();
            var packages = components.Where(component => component["purl"] is not null).ToArray();

            sbom["metadata"]!["component"]!["name"]!.GetValue<string>().ShouldBe(service);
            sbom["metadata"]!["timestamp"].ShouldBeNull();
            packages.Where(package => Text(package, "scope") == "required").Select(package => $"{Text(package, "name")}/{Text(package, "version")}")
                .ShouldBe(PublishedPackages(Path.Combine(folder.FullName, $"{service}.deps.json")), ignoreOrder: true);
            foreach (var package in packages)
            {
                Text(package, "purl").ShouldBe($"pkg:nuget/{Text(package, "name")}@{Text(package, "version")}");
                package["hashes"]!.AsArray().Single()!["content"]!.GetValue<string>().ShouldBe(HashOf(package));
                package["licenses"]!.AsArray().Single()!["expression"]!.GetValue<string>().ShouldNotBeEmpty();
            }

            // The graph has each component once, and every one but the product is there because of another.
            var dependencies = sbom["dependencies"]!.AsArray().ToDictionary(one => Text(one!, "ref"), one => one!["dependsOn"]!.AsArray().Select(reference => reference!.GetValue<string>()).ToArray());
            string[] references = [.. components.Select(component => Text(component, "bom-ref"))];
            dependencies.Keys.ShouldBe([$"{service}@1.0.0", .. references], ignoreOrder: true);
            dependencies.Values.SelectMany(one => one).Distinct().ShouldBe(references, ignoreOrder: true);
            dependencies["Loomflow@1.0.0"].ShouldContain(reference => reference.StartsWith("pkg:nuget/Polly.Core@", StringComparison.Ordinal));

            (await schema.ProblemsAsync(file)).ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<string> PublishAsync(string service, string folder) =>
        Dotnet.RunAsync(Repository.Root, ["publish", Path.Combine("src", service), "-c", Repository.Configuration, "--no-build", "-o", folder], s_limit);

    // "libraries": { "Polly.Core/8.9.1": { "type": "package", … } }
    private static IEnumerable<string> PublishedPackages(string dependencies) =>
        JsonNode.Parse(File.ReadAllText(dependencies))!["libraries"]!.AsObject().Where(library => library.Value!["type"]!.GetValue<string>() == "package").Select(library => library.Key);

    private static string HashOf(JsonNode package)
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var (id, version) = (Text(package, "name").ToLowerInvariant(), Text(package, "version"));
        return Convert.ToHexStringLower(SHA512.HashData(File.ReadAllBytes(Path.Combine(packages, id, version, $"{id}.{version}.nupkg"))));
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
