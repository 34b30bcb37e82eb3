using System.Text.RegularExpressions;
using Loomflow.Testing;

namespace Loomflow.Aspire.Template.Tests;

/// <summary>What is scaffolded for every combination of options that changes which files there are; nothing is built.</summary>
public sealed partial class ScaffoldTests(Templates templates)
{
    private const string PythonGrpc = "tools/Cli/Setup/PythonGrpc.cs";

    public static TheoryData<bool, bool, bool> Combinations => [.. from offline in Both() from sample in Both() from tests in Both() select (offline, sample, tests)];

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task Files_AreTheApprovedOnes(bool offline, bool sample, bool tests)
    {
        var folder = await templates.GetAsync(Options(offline, sample, tests));

        var approved = $"{(offline ? "offline" : "genuine")}-{(sample ? "sample" : "small")}{(tests ? "" : "-no-tests")}.txt";
        Approved.Check(approved, string.Concat(Files(folder).Select(Summary).Distinct().Select(line => $"{line}\n")));

        // What the list has as `folder/**` is there as a whole.
        foreach (var whole in Files(folder).Select(Summary).Where(line => line.EndsWith("/**", StringComparison.Ordinal)).Distinct().Select(line => line[..^2]))
        {
            var expected = Files(Path.Combine(Repository.Root, whole)).Where(file => !Built().IsMatch(file)).Select(file => whole + file).Where(file => Summary(file) == $"{whole}**" && file != PythonGrpc && !NotInScaffolds().IsMatch(file));
            Files(folder).Where(file => Summary(file) == $"{whole}**").ShouldBe(expected, ignoreOrder: true, whole);
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task Scaffold_HasNoTraceOfTheTemplateOrOfThisRepositorysOwn(bool offline, bool sample, bool tests)
    {
        var folder = await templates.GetAsync(Options(offline, sample, tests));

        var traces = Files(folder)
            .Where(file => !file.StartsWith("standins/", StringComparison.Ordinal))
            .SelectMany(file => File.ReadLines(Path.Combine(folder, file)).Select((line, index) => (file, line, index)))
            .Where(one => Traces().IsMatch(one.line) || (!offline && StandIns().IsMatch(one.line)))
            .Select(one => $"{one.file}:{one.index + 1}: {one.line.Trim()}");

        traces.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public async Task Solution_HasEveryProject_AndPagesLinkToWhatIsThere(bool offline, bool sample, bool tests)
    {
        var folder = await templates.GetAsync(Options(offline, sample, tests));

        var solution = File.ReadAllText(Path.Combine(folder, "Acme.Support.slnx"));
        ProjectPath().Matches(solution).Select(match => match.Groups[1].Value).ShouldBe(Files(folder).Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)), ignoreOrder: true);
        foreach (var page in Files(folder).Where(file => file.EndsWith(".md", StringComparison.Ordinal) && !file.StartsWith("standins/", StringComparison.Ordinal)))
        {
            var links = Link().Matches(File.ReadAllText(Path.Combine(folder, page))).Select(match => match.Groups[1].Value).Where(link => !link.Contains("://", StringComparison.Ordinal));
            links.ShouldAllBe(link => File.Exists(Path.Combine(folder, Path.GetDirectoryName(page)!, link)), page);
        }
    }

    [Theory]
    [InlineData("offline", "\"Default\": \"\"")]
    [InlineData("openai", "\"Default\": \"gpt-4.1-mini\"")]
    [InlineData("anthropic", "\"Default\": \"claude-opus-4-7\"")]
    public async Task Provider_DecidesOnTheModel_AndOnWhatTheReadmeSaysOfKeys(string provider, string setting)
    {
        var folder = await templates.GetAsync("--provider", provider);

        File.ReadAllText(Path.Combine(folder, "src", "AgentWorker", "appsettings.json")).ShouldContain(setting);
        var readme = File.ReadAllText(Path.Combine(folder, "README.md"));
        readme.Contains("Parameters:openai-api-key", StringComparison.Ordinal).ShouldBe(provider is not "anthropic");
        readme.Contains("Parameters:anthropic-api-key", StringComparison.Ordinal).ShouldBe(provider is not "openai");
    }

    [Fact]
    public async Task Workers_AreAsManyAsWereAskedFor_InAppHostAndInWhatIsDeployed()
    {
        var folder = await templates.GetAsync("--workers", "7");

        File.ReadAllText(Path.Combine(folder, "AppHost", "AppHost.cs")).ShouldContain("const int Workers = 7;");
        File.ReadAllText(Path.Combine(folder, "deploy", "compose.yaml")).ShouldContain("replicas: 7\n");
        File.ReadAllText(Path.Combine(folder, "deploy", "kubernetes", "agentworker.yaml")).ShouldContain("minReplicas: 7\n");
    }

    [Fact]
    public async Task TwoSolutions_HaveTheirOwnPortsAndSecrets_AndReadmesThatBeginWithTheFirstWorkflow()
    {
        var (first, second) = (await templates.CreateAsync("First"), await templates.CreateAsync("Second"));

        Ports(first).ShouldNotBe(Ports(second));
        Ports(first).Count.ShouldBe(6);
        SecretsOf(first).ShouldNotBe(SecretsOf(second));
        File.ReadAllLines(Path.Combine(first, "README.md")).Where(line => line.StartsWith('#')).Take(2).ShouldBe(["# First", "## The first workflow"]);

        static IReadOnlyList<string> Ports(string folder) =>
            [.. Port().Matches(File.ReadAllText(Path.Combine(folder, "AppHost", "Properties", "launchSettings.json"))).Select(match => match.Value).Distinct()];

        static string SecretsOf(string folder) => File.ReadLines(Path.Combine(folder, "AppHost", "AppHost.csproj")).Single(line => line.Contains("UserSecretsId", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("My-App.1", "My_App._1")]
    [InlineData("123.Go", "_123.Go")]
    [InlineData("Ünï.Côde", "Ünï.Côde")]
    public async Task Name_ThatNeedsEscaping_BecomesANamespace_AndStaysTheSolutionsName(string name, string rootNamespace)
    {
        var folder = await templates.CreateAsync(name);

        File.Exists(Path.Combine(folder, $"{name}.slnx")).ShouldBeTrue();
        File.ReadLines(Path.Combine(folder, "README.md")).First().ShouldBe($"# {name}");
        File.ReadAllText(Path.Combine(folder, "src", "Orchestrator", "Program.cs")).ShouldContain($"using {rootNamespace}.Orchestrator.Workflows;");
        File.ReadAllText(Path.Combine(folder, "AppHost", "AppHost.csproj")).ShouldContain($"<RootNamespace>{rootNamespace}.AppHost</RootNamespace>");
    }

    [Fact]
    public async Task Folder_CanBeInstalledInPlaceOfThePackage()
    {
        var said = await templates.InstallAsync(Repository.Root, hive: "from-folder");

        foreach (var name in new[] { "loomflow-aspire", "loomflow-workflow", "loomflow-agent" }) said.ShouldContain(name);
    }

    private static bool[] Both() => [false, true];

    // Folders that come along as they are need no approval file by file.
    private static string Summary(string file) => Whole().Match(file) is { Success: true } whole ? $"{whole.Value}**" : file;

    private static string[] Options(bool offline, bool sample, bool tests) =>
        [.. offline ? (string[])["--offline"] : [], .. sample ? (string[])[] : ["--sample", "false"], .. tests ? (string[])[] : ["--no-tests"]];

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
        .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))
        .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"Loomflow\.Aspire|loomflow-aspire|template\.config|Template\.Tests|benchmark|CHANGELOG|\.ci/|#(if|endif|else)\b.*(offline|sample|tests|repository|openai)|//#|EndToEnd|ChaosTests", RegexOptions.IgnoreCase)]
    private static partial Regex Traces();

    [GeneratedRegex("^(AppHost/|ServiceDefaults/|protos/|standins/|tools/(Cli/(Packages/)?|Sbom/)|tests/(AppHost.Tests|Testing)/|src/(?!Orchestrator/Workflows/|AgentWorker/Agents/)[^/]+/)")]
    private static partial Regex Whole();

    [GeneratedRegex("^standins/(locks|tests)/")]
    private static partial Regex NotInScaffolds();

    [GeneratedRegex("(^|/)(bin|obj|data)/")]
    private static partial Regex Built();

    [GeneratedRegex("stand-?ins?\\b|UseStandIns|partial feed", RegexOptions.IgnoreCase)]
    private static partial Regex StandIns();

    [GeneratedRegex("Project Path=\"([^\"]+)\"")]
    private static partial Regex ProjectPath();

    [GeneratedRegex(@"\]\(([^)#]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<=localhost:)\d+")]
    private static partial Regex Port();
}
