//#if (offline)
using Loomflow.Aspire.Cli.Packages;

//#endif
namespace Loomflow.Aspire.Cli;

/// <summary>Where things are in a copy of the repository.</summary>
internal sealed class Workspace(string root)
{
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>The one solution in the root.</summary>
    public string Solution => Directory.EnumerateFiles(Root, "*.sln*").Single(file => Path.GetExtension(file) is ".sln" or ".slnx");

    /// <summary>What is remembered about this machine, and the state of a local run. Ignored by git.</summary>
    public string State => In(".loom");

    //#if (offline)
    public bool HasStandIns => File.Exists(In("standins", "StandIns.targets"));

    /// <summary>Which packages the command line asked for.</summary>
    public PackagePreference Preference { get; set; }

    //#endif
    public string In(params ReadOnlySpan<string> path) => Path.Combine([Root, .. path]);

    public string InState(params ReadOnlySpan<string> path) => Path.Combine([State, .. path]);

    /// <summary>Where a project's build puts its assembly.</summary>
    public static string AssemblyOf(string project) =>
        Path.Combine(Path.GetDirectoryName(project)!, "bin", "Debug", "net10.0", $"{Path.GetFileNameWithoutExtension(project)}.dll");
}
