using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Loomflow.Aspire.Sbom;

/// <summary>What <c>dotnet restore</c> resolved for a project, <c>project.assets.json</c>: each package and project, and what brought it.</summary>
internal sealed class AssetsFile
{
    // What the SDK takes from a package to where a program runs; the others serve compilers.
    private static readonly string[] s_shippedAssets = ["runtime", "native", "runtimeTargets", "resource", "contentFiles"];

    private readonly JsonNode _root;
    private readonly string _framework;
    private readonly Dictionary<string, (string Name, string Version, JsonNode Entry)> _resolved;

    private AssetsFile(JsonNode root, string framework, JsonObject target)
    {
        _root = root;
        _framework = framework;

        // "Polly.Core/8.9.1": { "type": "package", "dependencies": { … }, "runtime": { "lib/net8.0/Polly.Core.dll": { … } } }
        _resolved = target.ToDictionary(
            entry => entry.Key.Split('/')[0], entry => (entry.Key.Split('/')[0], entry.Key.Split('/')[1], entry.Value!), StringComparer.OrdinalIgnoreCase);
    }

    /// <exception cref="SbomException">The file is not there, or not for that framework and platform.</exception>
    public static AssetsFile Read(string path, string framework, string? runtime)
    {
        if (!File.Exists(path)) throw new SbomException($"{path} is not there: restore the project first.");

        var root = JsonNode.Parse(File.ReadAllText(path))!;
        var name = runtime is null ? framework : $"{framework}/{runtime}";
        return root["targets"]?[name] is JsonObject target
            ? new AssetsFile(root, framework, target)
            : throw new SbomException($"{path} has nothing for {name}: restore the project for that.");
    }

    /// <summary>What the project itself depends on, by reference.</summary>
    public IReadOnlyList<string> Direct => References(DirectNames);

    /// <summary>All that was resolved.</summary>
    /// <param name="asPackage">Whether the product is a package: what its project keeps private is then not asked for by it.</param>
    public IReadOnlyList<Component> Components(bool asPackage)
    {
        var needed = Reachable(DirectNames.Where(name => !asPackage || !IsPrivate(name)));
        return [.. _resolved.Values.Select(one => Read(one.Name, one.Version, one.Entry, needed.Contains(one.Name) && IsShipped(one.Entry) ? Scope.Required : Scope.Excluded))];
    }

    // "projectFileDependencyGroups": { "net10.0": [ "Polly.Core >= 8.9.1" ] }
    private IEnumerable<string> DirectNames => _root["projectFileDependencyGroups"]?[_framework]?.AsArray().Select(dependency => dependency!.GetValue<string>().Split(' ')[0]) ?? [];

    // "Grpc.Tools": { "suppressParent": "All", … }: PrivateAssets="all" in the project.
    private bool IsPrivate(string name) =>
        _root["project"]?["frameworks"]?[_framework]?["dependencies"]?[name]?["suppressParent"]?.GetValue<string>() == "All";

    private HashSet<string> Reachable(IEnumerable<string> names)
    {
        var reached = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var open = new Stack<string>(names);
        while (open.TryPop(out var name))
        {
            if (!_resolved.TryGetValue(name, out var one) || !reached.Add(name)) continue;
            foreach (var dependency in Dependencies(one.Entry)) open.Push(dependency);
        }

        return reached;
    }

    private Component Read(string name, string version, JsonNode entry, Scope scope)
    {
        var component = new Component(name, version) { Scope = scope, DependsOn = References(Dependencies(entry)) };
        if (entry["type"]!.GetValue<string>() != "package") return component;

        var folder = PackageFolder(_root["libraries"]![$"{name}/{version}"]!["path"]!.GetValue<string>());
        return component with
        {
            PackageUrl = Component.PackageUrlOf(name, version),
            Sha512 = Convert.ToHexStringLower(Convert.FromBase64String(File.ReadAllText(Directory.GetFiles(folder, "*.nupkg.sha512").Single()))),
            License = License.Read(XDocument.Load(Directory.GetFiles(folder, "*.nuspec").Single())),
        };
    }

    private string PackageFolder(string path) =>
        _root["packageFolders"]!.AsObject().Select(folder => Path.Combine(folder.Key, path)).FirstOrDefault(Directory.Exists)
        ?? throw new SbomException($"The package {path} is in none of the package folders: restore the project first.");

    // What the framework itself has is named by packages and not resolved.
    private string[] References(IEnumerable<string> names) =>
    [
        .. names.Where(_resolved.ContainsKey).Select(name => _resolved[name])
            .Select(one => one.Entry["type"]!.GetValue<string>() == "package" ? Component.PackageUrlOf(one.Name, one.Version) : new Component(one.Name, one.Version).Reference),
    ];

    private static IEnumerable<string> Dependencies(JsonNode entry) => entry["dependencies"]?.AsObject().Select(dependency => dependency.Key) ?? [];

    // A package that has no files of its own brings those of others. "lib/net10.0/_._" says that there is nothing.
    private bool IsShipped(JsonNode entry) =>
        s_shippedAssets.Any(kind => entry[kind]?.AsObject().Any(asset => !asset.Key.EndsWith("/_._", StringComparison.Ordinal)) ?? false)
        || Dependencies(entry).Any(name => _resolved.TryGetValue(name, out var one) && IsShipped(one.Entry));
}
