using System.Reflection;

namespace Aspire.Hosting.Tests;

/// <summary>The project that the tests start, and what they need to work with it.</summary>
internal static class TestApp
{
    public static string ProjectPath { get; } = typeof(TestApp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "TestApp").Value!;

    public static string Directory { get; } = Path.GetDirectoryName(ProjectPath)!;

    public static string AssemblyPath { get; } = AppContext.BaseDirectory.Replace("Aspire.Hosting.Tests", "Aspire.Hosting.TestApp", StringComparison.Ordinal)
        + "Aspire.Hosting.TestApp.dll";

    /// <summary>A builder whose volumes are of this test alone.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(params string[] args) => DistributedApplication.CreateBuilder(new DistributedApplicationOptions
    {
        Args = [.. args, "--AppHost:VolumesDirectory", System.IO.Directory.CreateTempSubdirectory("volumes").FullName],
        ProjectDirectory = Directory,
    });

    public static CancellationToken Timeout(int seconds = 120)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(TimeSpan.FromSeconds(seconds));
        return source.Token;
    }
}
