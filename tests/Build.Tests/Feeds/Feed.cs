using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Loomflow.Aspire.Build.Tests.Feeds;

/// <summary>A NuGet feed on loopback (protocol version 3): packages without content, and advisories.</summary>
internal sealed class Feed : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Feed(WebApplication app) => _app = app;

    public string Index => $"{_app.Urls.Single()}/index.json";

    public static async Task<Feed> StartAsync(Advisories advisories, params FeedPackage[] packages)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/index.json", (HttpRequest request) => Json(ServiceIndex($"http://{request.Host}", advisories)));
        app.MapGet("/packages/{id}/index.json", (string id) => packages.Where(Named(id)).Select(package => package.Version).ToArray() is { Length: > 0 } versions
            ? Json(new JsonObject { ["versions"] = new JsonArray([.. versions.Select(version => JsonValue.Create(version))]) })
            : Results.NotFound());
        app.MapGet("/packages/{id}/{version}/{file}.nupkg", (string id, string version) => Results.Bytes(Pack(packages.Where(Named(id)).Single(package => package.Version == version))));
        app.MapGet("/advisories.json", (HttpRequest request) => advisories is Advisories.One
            ? Json(new JsonArray(new JsonObject { ["@name"] = "all", ["@id"] = $"http://{request.Host}/advisories/all.json", ["@updated"] = "2026-01-01T00:00:00Z" }))
            : Results.NotFound());
        app.MapGet("/advisories/all.json", () => advisories is Advisories.One one
            ? Json(new JsonObject
            {
                [Lower(one.Id)] = new JsonArray(new JsonObject { ["url"] = $"https://advisories.example/{one.Id}", ["severity"] = one.Severity, ["versions"] = "(, 2.0.0)" }),
            })
            : Results.NotFound());
        await app.StartAsync();
        return new Feed(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static JsonObject ServiceIndex(string root, Advisories advisories)
    {
        var resources = new JsonArray(new JsonObject { ["@id"] = $"{root}/packages/", ["@type"] = "PackageBaseAddress/3.0.0" });
        if (advisories is not Advisories.Absent) resources.Add(new JsonObject { ["@id"] = $"{root}/advisories.json", ["@type"] = "VulnerabilityInfo/6.7.0" });
        return new JsonObject { ["version"] = "3.0.0", ["resources"] = resources };
    }

    private static byte[] Pack(FeedPackage package)
    {
        var dependencies = package.DependsOn is { } id ? $"""<dependencies><group targetFramework="net10.0"><dependency id="{id}" version="{package.Version}" /></group></dependencies>""" : "";
        using var content = new MemoryStream();
        using (var zip = new ZipArchive(content, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (var nuspec = new StreamWriter(zip.CreateEntry($"{package.Id}.nuspec").Open()))
            {
                nuspec.Write($"""
                    <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                      <metadata><id>{package.Id}</id><version>{package.Version}</version><authors>a test</authors><description>A package of a test.</description>{dependencies}</metadata>
                    </package>
                    """);
            }

            zip.CreateEntry("lib/net10.0/_._");
        }

        return content.ToArray();
    }

    private static IResult Json(JsonNode json) => Results.Text(json.ToJsonString(), "application/json");

    private static Func<FeedPackage, bool> Named(string id) => package => Lower(package.Id) == id;

    // The protocol has ids in lower case.
    private static string Lower(string id) => id.ToLowerInvariant();
}
