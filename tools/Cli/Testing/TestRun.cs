using System.Collections.Concurrent;
using System.Globalization;
using Loomflow.Aspire.Cli.Processes;

namespace Loomflow.Aspire.Cli.Testing;

/// <summary>Runs test projects, two at a time and then those that want to be alone.</summary>
internal sealed class TestRun(Workspace workspace, TestFilter filter)
{
    private const int Parallel = 2;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, long> _running = new();
    private readonly string _folder = workspace.InState("tests");

    public async Task<TestOutcome> RunAsync(IReadOnlyList<TestProject> projects, CancellationToken cancellationToken)
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);
        var outcomes = new ConcurrentBag<TestOutcome>();
        await using var heartbeat = new Timer(_ => ShowRunning(), null, s_heartbeat, s_heartbeat);
        foreach (var group in projects.ToLookup(project => project.RunsAlone).OrderBy(group => group.Key))
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = group.Key ? 1 : Parallel, CancellationToken = cancellationToken };
            await System.Threading.Tasks.Parallel.ForEachAsync(group, options, async (project, token) => outcomes.Add(await RunAsync(project, token)));
        }

        return new TestOutcome(outcomes.Sum(outcome => outcome.Passed), outcomes.Sum(outcome => outcome.Failed), outcomes.Sum(outcome => outcome.Skipped))
        {
            Failures = [.. outcomes.SelectMany(outcome => outcome.Failures)],
            SkipReasons = [.. outcomes.SelectMany(outcome => outcome.SkipReasons).Distinct()],
        };
    }

    private async Task<TestOutcome> RunAsync(TestProject project, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        _running[project.Name] = started;
        var output = new List<string>();
        string? problem;
        try
        {
            string[] arguments = ["test", project.Assembly, "--nologo", "--logger", $"trx;LogFileName={project.Name}.trx", "--results-directory", _folder];
            if (filter.Expression.Length > 0) arguments = [.. arguments, "--filter", filter.Expression];
            var result = await ChildProcess.RunAsync(Dotnet.Path, arguments, workspace.Root, s_limit, cancellationToken, onLine: output.Add);
            problem = result.ExitCode == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"the test host ended with exit code {result.ExitCode}");
        }
        catch (TimeoutException)
        {
            problem = $"it took longer than {s_limit.TotalMinutes:0} minutes and was killed";
        }

        _running.TryRemove(project.Name, out _);
        await File.WriteAllLinesAsync(Path.Combine(_folder, $"{project.Name}.log"), output, cancellationToken);
        var outcome = Judge(project, problem, output);
        Terminal.Detail(string.Create(
            CultureInfo.InvariantCulture,
            $"{(outcome.Failed == 0 ? "ok    " : "FAILED")} {project.Name}: {outcome} ({TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s)"));
        foreach (var failure in outcome.Failures) Terminal.Detail($"  {failure.Name}\n    {failure.Message.Replace("\n", "\n    ", StringComparison.Ordinal)}");
        return outcome;
    }

    /// <summary>A host that crashed or was killed counts as a failed test, whatever passed before.</summary>
    private TestOutcome Judge(TestProject project, string? problem, List<string> output)
    {
        var results = Path.Combine(_folder, $"{project.Name}.trx");
        var outcome = File.Exists(results) ? TrxFile.Read(results) : new TestOutcome(0, 0, 0);
        if (problem is null && outcome.Passed + outcome.Failed + outcome.Skipped == 0 && filter.Expression.Length == 0) problem = "no test was run";
        if (problem is null || outcome.Failed > 0) return outcome;

        var tail = string.Join('\n', output.TakeLast(30));
        return outcome with { Failed = outcome.Failed + 1, Failures = [.. outcome.Failures, new FailedTest(project.Name, $"{problem}; it wrote last:\n{tail}")] };
    }

    private void ShowRunning()
    {
        var running = _running.Select(project => $"{project.Key} ({TimeProvider.System.GetElapsedTime(project.Value).TotalSeconds:0} s)");
        Terminal.Detail($"still running: {string.Join(", ", running)}");
    }
}
