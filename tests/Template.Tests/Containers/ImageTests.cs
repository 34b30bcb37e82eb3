using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Loomflow.Testing;

namespace Loomflow.Aspire.Template.Tests.Containers;

/// <summary>The services as the SDK publishes them to images: into an archive, on top of a base image from a registry of the test's own.</summary>
public sealed class ImageTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("AuditService")]
    [InlineData("AgentWorker")]
    [InlineData("Orchestrator")]
    public async Task Image_IsNotRoots_ListensOnTwoPorts_AndStartsTheService(string service)
    {
        await using var registry = await BaseImageRegistry.StartAsync();
        var folder = Directory.CreateTempSubdirectory("loomflow-image-").FullName;
        try
        {
            var archive = Path.Combine(folder, "image.tar");
            await Dotnet.RunAsync(
                Repository.Root,
                [
                    "publish", Path.Combine("src", service), "-c", Repository.Configuration, "--no-build", "-t:PublishContainer",
                    $"-p:ContainerBaseImage={registry.Image}", $"-p:ContainerArchiveOutputPath={archive}", $"-p:PublishDir={Path.Combine(folder, "publish")}/",
                ],
                s_limit,
                ("DOTNET_CONTAINER_INSECURE_REGISTRIES", registry.Address));

            var (files, content) = Read(archive);
            var manifest = JsonNode.Parse(files["manifest.json"])!.AsArray().Single()!;
            var configuration = JsonNode.Parse(files[manifest["Config"]!.GetValue<string>()])!["config"]!;

            manifest["RepoTags"]!.AsArray().Single()!.GetValue<string>().ShouldBe($"{service.ToLowerInvariant()}:latest");
            configuration["User"]!.GetValue<string>().ShouldBe("1654");
            configuration["ExposedPorts"]!.AsObject().Select(port => port.Key).ShouldBe(["8080/tcp", "8081/tcp"], ignoreOrder: true);
            Texts(configuration["Entrypoint"]).ShouldBe(["dotnet", $"/app/{service}.dll"]);
            new[] { "Kestrel__Endpoints__http__Url=http://*:8080", "Kestrel__Endpoints__grpc__Url=http://*:8081", "DOTNET_EnableDiagnostics=0" }
                .ShouldBeSubsetOf(Texts(configuration["Env"]));
            content.ShouldContain($"app/{service}.cdx.json");
            configuration["Labels"]!["org.opencontainers.image.description"]!.GetValue<string>().ShouldBe($"Loomflow.Aspire.{service}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("AuditService")]
    [InlineData("AgentWorker")]
    [InlineData("Orchestrator")]
    public async Task Image_IsBasedOnTheOneWithoutAShell(string service)
    {
        var property = await Dotnet.RunAsync(Repository.Root, ["msbuild", Path.Combine("src", service), "-getProperty:ContainerBaseImage"], s_limit);

        property.Trim().ShouldBe("mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled");
    }

    private static string[] Texts(JsonNode? array) => [.. array!.AsArray().Select(text => text!.GetValue<string>())];

    /// <summary>The archive's descriptions, and the names of all files in its layers.</summary>
    private static (Dictionary<string, string> Descriptions, List<string> Content) Read(string archive)
    {
        using var tar = new TarReader(File.OpenRead(archive));
        var (descriptions, content) = (new Dictionary<string, string>(), new List<string>());
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.Name.EndsWith(".json", StringComparison.Ordinal)) descriptions[entry.Name] = new StreamReader(entry.DataStream!).ReadToEnd();
            if (!entry.Name.EndsWith("/layer.tar", StringComparison.Ordinal)) continue;

            using var layer = new TarReader(new GZipStream(entry.DataStream!, CompressionMode.Decompress));
            while (layer.GetNextEntry() is { } file) content.Add(file.Name.TrimStart('/'));
        }

        return (descriptions, content);
    }
}
