namespace Loomflow.Aspire.Template.Tests;

internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Directory.Packages.props"))) directory = directory.Parent!;
        return directory.FullName;
    }
}
