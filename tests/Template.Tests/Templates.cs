using System.Collections.Concurrent;
using Loomflow.Testing;

[assembly: AssemblyFixture(typeof(Loomflow.Aspire.Template.Tests.Templates))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Loomflow.Aspire.Template.Tests;

/// <summary>The packed templates, installed where nothing else is.</summary>
public sealed class Templates : IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<string, Task<string>> _shared = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loomflow-templates-");

    public string Package { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await Dotnet.RunAsync(Repository.Root, ["pack", "templates", "-o", Path.Combine(_folder.FullName, "package")], s_limit);
        Package = Directory.GetFiles(Path.Combine(_folder.FullName, "package"), "*.nupkg").ShouldHaveSingleItem();
        await InstallAsync(Package);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>A scaffold for reading, shared by the tests that ask for the same.</summary>
    public Task<string> GetAsync(params string[] options) => _shared.GetOrAdd(string.Join(' ', options), _ => CreateAsync("Acme.Support", options));

    /// <summary>Scaffolds into a new folder.</summary>
    public async Task<string> CreateAsync(string name, params string[] options)
    {
        // A folder with a short name: what is built in it has long ones.
        var folder = Path.Combine(_folder.FullName, Guid.NewGuid().ToString("n")[..8], name);
        await RunAsync(_folder.FullName, ["new", "loomflow-aspire", "-n", name, "-o", folder, .. options]);
        return folder;
    }

    /// <summary>Adds an item to the solution in a folder, as its owner would.</summary>
    public Task<string> AddAsync(string folder, params string[] arguments) => RunAsync(folder, ["new", .. arguments]);

    /// <summary>Installs a package or a folder, into a place of its own if one is named, and gives what was said.</summary>
    public Task<string> InstallAsync(string packageOrFolder, string hive = "hive") =>
        Dotnet.RunAsync(_folder.FullName, ["new", "install", packageOrFolder, "--debug:custom-hive", Path.Combine(_folder.FullName, hive)], s_limit);

    private Task<string> RunAsync(string folder, string[] arguments) =>
        Dotnet.RunAsync(folder, [.. arguments, "--debug:custom-hive", Path.Combine(_folder.FullName, "hive")], s_limit);
}
