using System.Runtime.InteropServices;
using System.Xml.Linq;
using Loomflow.Aspire.Cli.Processes;

namespace Loomflow.Aspire.Cli.Packages;

/// <summary>Asks the feed for every genuine package that the solution uses, by restoring a project that references all of them.</summary>
internal static class FeedProbe
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    public static async Task<FeedAnswer> RunAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        Terminal.Heading("Asking the feed for the genuine packages");

        // Inside the repository, for its versions and its NuGet settings; but without its build logic, which would bring the stand-ins.
        var folder = workspace.InState("probe");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        var project = Path.Combine(folder, "Probe.csproj");
        await File.WriteAllTextAsync(project, Project(workspace).ToString(), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "Directory.Build.props"), "<Project />", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "Directory.Build.targets"), "<Project />", cancellationToken);
        try
        {
            var result = await ChildProcess.RunAsync(Dotnet.Path, ["restore", project, "-nologo", "-tl:off", "-nodeReuse:false"], folder, s_limit, cancellationToken);
            return result.ExitCode == 0 ? FeedAnswer.Complete : FeedAnswer.Failed(result.Output);
        }
        catch (TimeoutException)
        {
            return FeedAnswer.TooSlow(s_limit);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static XElement Project(Workspace workspace) => new(
        "Project",
        new XAttribute("Sdk", "Microsoft.NET.Sdk"),
        new XElement("PropertyGroup", new XElement("TargetFramework", "net10.0"), new XElement("NuGetAudit", "false"), new XElement("NoWarn", "$(NoWarn);NU1603;NU1605;NU1608")),
        new XElement("ItemGroup", ReferencedPackages(workspace).Select(id => new XElement("PackageReference", new XAttribute("Include", id)))),
        new XElement("ItemGroup", ToolPackages().Select(id => new XElement("PackageDownload", new XAttribute("Include", id), new XAttribute("Version", "[$(AspireVersion)]")))));

    /// <summary>What the projects reference, and what would come with it: nothing in the folder of stand-ins, which are there for feeds that lack these.</summary>
    private static IEnumerable<string> ReferencedPackages(Workspace workspace) => Directory
        .EnumerateFiles(workspace.Root, "*.*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, AttributesToSkip = FileAttributes.ReparsePoint })
        .Where(file => Path.GetExtension(file) is ".csproj" or ".targets" && IsSource(Path.GetRelativePath(workspace.Root, file)))
        .SelectMany(file => XDocument.Load(file).Descendants("PackageReference"))
        .Select(reference => reference.Attribute("Include")?.Value)
        .OfType<string>()
        .Where(id => !id.Contains('$', StringComparison.Ordinal))
        .Distinct(StringComparer.OrdinalIgnoreCase)
        .Order(StringComparer.OrdinalIgnoreCase);

    private static bool IsSource(string path) =>
        !path.Split(Path.DirectorySeparatorChar).Any(folder => folder is "bin" or "obj" or "standins" or ".loom" or ".git");

    /// <summary>What the SDK of an Aspire host brings, which no project names.</summary>
    private static IEnumerable<string> ToolPackages()
    {
        var platform = RuntimeInformation.RuntimeIdentifier;
        return ["Aspire.AppHost.Sdk", "Aspire.Hosting.AppHost", $"Aspire.Dashboard.Sdk.{platform}", $"Aspire.Hosting.Orchestration.{platform}"];
    }
}
