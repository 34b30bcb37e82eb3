using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Loomflow.Aspire.Template.Tests.Containers;

/// <summary>A registry on loopback that has one small image, built like .NET's own: enough of the distribution API to publish on top of it.</summary>
internal sealed class BaseImageRegistry : IAsyncDisposable
{
    private const string ManifestType = "application/vnd.docker.distribution.manifest.v2+json";

    private readonly WebApplication _app;

    private BaseImageRegistry(WebApplication app) => _app = app;

    public string Address => new Uri(_app.Urls.Single()).Authority;

    public string Image => $"{Address}/base:1";

    public static async Task<BaseImageRegistry> StartAsync()
    {
        var (layer, layerContent) = Layer();
        var configuration = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["architecture"] = "amd64",
            ["os"] = "linux",
            ["config"] = new JsonObject { ["Env"] = new JsonArray("PATH=/usr/bin", "APP_UID=1654", "ASPNETCORE_HTTP_PORTS=8080"), ["User"] = "1654" },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(Digest(layerContent)) },
            ["history"] = new JsonArray(new JsonObject { ["created"] = "2026-01-01T00:00:00Z", ["created_by"] = "a test" }),
        });
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = Descriptor("application/vnd.docker.container.image.v1+json", configuration),
            ["layers"] = new JsonArray(Descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)),
        });

        // Without the settings that the services leave in the test's folder.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/v2/base/manifests/{reference}", (HttpResponse response) =>
        {
            response.Headers["Docker-Content-Digest"] = Digest(manifest);
            return Results.Bytes(manifest, ManifestType);
        });
        app.MapGet("/v2/base/blobs/{digest}", (string digest) =>
            digest == Digest(configuration) ? Results.Bytes(configuration) : digest == Digest(layer) ? Results.Bytes(layer) : Results.NotFound());
        await app.StartAsync();
        return new BaseImageRegistry(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static (byte[] Compressed, byte[] Content) Layer()
    {
        using var content = new MemoryStream();
        using (var tar = new TarWriter(content, leaveOpen: true)) tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "home/app/") { Uid = 1654, Gid = 1654 });
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(content.ToArray());
        return (compressed.ToArray(), content.ToArray());
    }

    private static JsonObject Descriptor(string type, byte[] content) => new() { ["mediaType"] = type, ["size"] = content.Length, ["digest"] = Digest(content) };

    private static string Digest(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
}
