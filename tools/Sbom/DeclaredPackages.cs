namespace Loomflow.Aspire.Sbom;

/// <summary>Packages that a template's product will ask for, one on each line: <c>id version</c>. What comes along with them is not known before it is restored.</summary>
internal static class DeclaredPackages
{
    public static IReadOnlyList<Component> Read(string file) =>
    [
        .. from line in File.ReadLines(file)
           where line.Length > 0
           let parts = line.Split(' ')
           select parts is [var id, var version]
               ? new Component(id, version) { PackageUrl = Component.PackageUrlOf(id, version), Scope = Scope.Optional }
               : throw new SbomException($"{file} has a line '{line}', which is not an id and a version."),
    ];
}
