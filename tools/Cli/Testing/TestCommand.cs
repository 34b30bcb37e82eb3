//#if (offline)
using Loomflow.Aspire.Cli.Packages;
//#endif
using Loomflow.Aspire.Cli.Processes;
using Loomflow.Aspire.Cli.Setup;

namespace Loomflow.Aspire.Cli.Testing;

/// <summary><c>test</c>: does all set-up and runs the tests. Its last line says how many passed and failed.</summary>
internal static class TestCommand
{
    public static async Task<int> RunAsync(Workspace workspace, IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        //#if (offline)
        await PackageChooser.ChooseAsync(workspace, cancellationToken);
        //#endif
        Terminal.Heading("What the tests use");
        if (await RedisServer.EnsureAsync(workspace, cancellationToken) is { } missing) Terminal.Detail($"{missing} The tests that need it are skipped.");
        //#if (repository)
        await PythonGrpc.EnsureAsync(workspace, cancellationToken);
        //#endif

        var filter = TestFilter.Of(words, TestProject.ReadAll(workspace));
        await BuildAsync(workspace, filter, cancellationToken);

        Terminal.Heading("Testing");
        var outcome = await new TestRun(workspace, filter).RunAsync([.. filter.Projects.Where(project => project.HasTests)], cancellationToken);
        if (outcome.SkipReasons.Count > 0) Terminal.Heading("Skipped, because");
        foreach (var reason in outcome.SkipReasons) Terminal.Detail(reason);
        if (outcome.Passed + outcome.Failed + outcome.Skipped == 0) Terminal.Error($"No test matches {string.Join(' ', words)}.");
        Terminal.Line(outcome.ToString());
        return outcome is { Failed: 0, Passed: > 0 } ? 0 : 1;
    }

    private static async Task BuildAsync(Workspace workspace, TestFilter filter, CancellationToken cancellationToken)
    {
        if (filter.IsNarrow)
        {
            foreach (var project in filter.Projects) await Dotnet.BuildAsync(workspace, project.Path, locked: true, cancellationToken);
        }
        else
        {
            await Dotnet.BuildAsync(workspace, workspace.Solution, locked: true, cancellationToken);
        }
    }
}
