using System.Text.RegularExpressions;
using Loomflow.Testing;

namespace Loomflow.Aspire.Template.Tests;

/// <summary>
/// Scaffolds that are built, tested and run. Only those with stand-ins can be where the feed lacks the genuine packages of Aspire, gRPC and
/// Redis; of the others the files are checked (<see cref="ScaffoldTests"/>), which are the same but for what the stand-ins need.
/// </summary>
public sealed partial class BuildTests(Templates templates)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    private const string Redis = "redis-server";

    [Fact]
    public async Task Scaffold_WithAnAddedWorkflowAndAgent_IsUpOnce_AndItsTestsPass()
    {
        // The name needs escaping at every place where a name can.
        var folder = await templates.CreateAsync("Ünï.My-App.1", "--offline", "--workers", "3");
        Register(await templates.AddAsync(folder, "loomflow-workflow", "-n", "PartialRefund"), Path.Combine(folder, "src", "Orchestrator", "Program.cs"));
        Register(await templates.AddAsync(folder, "loomflow-agent", "-n", "second-line"), Path.Combine(folder, "src", "AgentWorker", "Program.cs"));
        Assert.SkipUnless(IsInstalled(Redis), $"{Redis} is not installed");

        var up = await Dotnet.RunAsync(folder, ["run", "loom.cs", "up", "--once", "--stand-ins"], s_limit);
        var tests = await Dotnet.RunAsync(folder, ["run", "loom.cs", "test", "Orchestrator.Tests", "AgentWorker.Tests", "--stand-ins"], s_limit);

        up.ShouldContain("agentworker-3");
        up.ShouldContain("visited  classifier -> billing");
        up.ShouldContain("audit    INTACT");
        Passed(tests).ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task SmallScaffold_IsUpOnce_AndItsTestsPass_WithItsPackagesLocked()
    {
        var folder = await templates.CreateAsync("123.Go", "--offline", "--sample", "false");
        Assert.SkipUnless(IsInstalled(Redis), $"{Redis} is not installed");
        var locks = Directory.CreateDirectory(Path.Combine(folder, "standins", "locks"));
        await Dotnet.RunAsync(folder, ["restore"], s_limit);
        locks.EnumerateFiles("*.json").Select(file => file.Name).ShouldContain("Orchestrator.json");

        var tests = await Dotnet.RunAsync(folder, ["run", "loom.cs", "test", "--stand-ins"], s_limit);

        // Among them is one that starts the application and sends a request through it.
        Passed(tests).ShouldBeGreaterThan(40);
    }

    /// <summary>Does what the template tells its user to do.</summary>
    private static void Register(string said, string program)
    {
        var line = Instruction().Match(said).Value;
        line.ShouldNotBeEmpty(said);
        var text = File.ReadAllText(program);
        File.WriteAllText(program, text.Replace("\nvar app = ", $"{line}\n\nvar app = ", StringComparison.Ordinal));
    }

    private static int Passed(string output) => int.Parse(PassedCount().Matches(output)[^1].Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    [GeneratedRegex(@"builder\.\S+\(.*\);")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"(\d+) passed, 0 failed")]
    private static partial Regex PassedCount();
}
