using System.Xml.Linq;

namespace Loomflow.Aspire.Cli.Testing;

/// <param name="Path">The project file.</param>
/// <param name="RunsAlone">Whether nothing should run beside it, as its project says by <c>TestsRunAlone</c>: it starts many processes or measures time.</param>
internal sealed record TestProject(string Path, bool RunsAlone)
{
    private const string Adapter = "xunit.runner.visualstudio.testadapter.dll";

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public string Assembly => Workspace.AssemblyOf(Path);

    /// <summary>Whether what was built is something that <c>dotnet test</c> can run.</summary>
    public bool HasTests => File.Exists(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Assembly)!, Adapter));

    /// <summary>The projects of the solution that lie in a folder of tests.</summary>
    public static IReadOnlyList<TestProject> ReadAll(Workspace workspace) =>
    [
        .. SolutionFile.Projects(workspace)
            .Where(project => System.IO.Path.GetRelativePath(workspace.Root, project).Split(System.IO.Path.DirectorySeparatorChar).Contains("tests"))
            .Select(project => new TestProject(project, XDocument.Load(project).Descendants("TestsRunAlone").Any(alone => alone.Value == "true"))),
    ];
}
