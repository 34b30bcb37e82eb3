using System.Text.Json.Nodes;
using Loomflow.Testing;

namespace Loomflow.Aspire.Build.Tests.Materials;

/// <summary>The program that the build calls.</summary>
public sealed class ToolTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loomflow sbom ");

    private string Output => Path.Combine(_folder.FullName, "bom.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Time_IsInTheDocument_OnlyWhereItIsAskedFor()
    {
        await RunAsync("");
        var without = await File.ReadAllTextAsync(Output, TestContext.Current.CancellationToken);
        await RunAsync("1750000000");
        var with = await File.ReadAllTextAsync(Output, TestContext.Current.CancellationToken);

        JsonNode.Parse(without)!["metadata"]!["timestamp"].ShouldBeNull();
        JsonNode.Parse(with)!["metadata"]!["timestamp"]!.GetValue<string>().ShouldBe("2025-06-15T15:06:40Z");
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("-1")]
    [InlineData("9999999999999")]
    public async Task Time_ThatIsNone_FailsTheBuild(string time)
    {
        var (exitCode, output) = await RunAsync(time);

        exitCode.ShouldBe(1);
        output.ShouldContain($"sbom : error SBOM1: SOURCE_DATE_EPOCH is '{time}', which is not a number of seconds since 1970.");
        File.Exists(Output).ShouldBeFalse();
    }

    [Fact]
    public async Task DeclaredPackage_WithoutAVersion_FailsTheBuild()
    {
        var declared = Path.Combine(_folder.FullName, "declared.txt");
        await File.WriteAllTextAsync(declared, "Polly.Core 8.9.1\nAnthropic\n", TestContext.Current.CancellationToken);

        var (exitCode, output) = await RunAsync("", "--declared", declared);

        exitCode.ShouldBe(1);
        output.ShouldContain("has a line 'Anthropic', which is not an id and a version.");
    }

    private Task<(int ExitCode, string Output)> RunAsync(string time, params string[] more)
    {
        var assets = Path.Combine(_folder.FullName, "project.assets.json");
        File.WriteAllText(assets, """{ "targets": { "net10.0": {} } }""");
        return Dotnet.TryAsync(
            _folder.FullName,
            ["exec", Path.Combine(AppContext.BaseDirectory, "Sbom.dll"), "--name", "Product", "--version", "1.0.0", "--assets", assets, "--framework", "net10.0", "--output", Output, .. more],
            s_limit,
            ("SOURCE_DATE_EPOCH", time));
    }
}
