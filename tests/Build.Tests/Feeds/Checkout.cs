using Loomflow.Testing;

namespace Loomflow.Aspire.Build.Tests.Feeds;

/// <summary>A folder with this repository's build files and one project of its own, which takes its packages from one feed.</summary>
internal sealed class Checkout : IDisposable
{
    private static readonly string[] s_shared = ["Directory.Build.props", "Directory.Build.targets", "global.json", "src/Loomflow/Loomflow.targets"];
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    // A path with a space, as people have them.
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loomflow build ");

    public Checkout(Feed feed, string project = "Product")
    {
        Project = project;
        foreach (var file in s_shared) Write(file, File.ReadAllText(Path.Combine(Repository.Root, file)));
        Write("NuGet.config", $"""
            <configuration>
              <packageSources><clear /><add key="test" value="{feed.Index}" allowInsecureConnections="true" /></packageSources>
              <config><add key="globalPackagesFolder" value="packages" /></config>
            </configuration>
            """);
        Write($"{project}/{project}.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <ItemGroup><PackageReference Include="Direct" /></ItemGroup>
            </Project>
            """);
        Versions("1.0.0");
    }

    public string Project { get; }

    public string In(string path) => Path.Combine(_folder.FullName, path);

    public void Versions(string direct) => Write("Directory.Packages.props", $"""
        <Project>
          <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
          <ItemGroup><PackageVersion Include="Direct" Version="{direct}" /></ItemGroup>
        </Project>
        """);

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(path))!);
        File.WriteAllText(In(path), text);
    }

    public async Task<(bool Succeeded, string Output)> RestoreAsync(params string[] arguments)
    {
        var (exitCode, output) = await Dotnet.TryAsync(_folder.FullName, ["restore", Project, "-tl:off", .. arguments], s_limit, ("NUGET_HTTP_CACHE_PATH", In("http-cache")));
        return (exitCode == 0, output);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
