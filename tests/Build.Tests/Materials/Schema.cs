using System.Diagnostics;
using Loomflow.Testing;

[assembly: AssemblyFixture(typeof(Loomflow.Aspire.Build.Tests.Materials.Schema))]

namespace Loomflow.Aspire.Build.Tests.Materials;

/// <summary>The specification's JSON schema, as CycloneDX' own library for Node has it. Where there is no npm, or no registry, tests that need it are skipped.</summary>
public sealed class Schema : IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loomflow-schema-");
    private string? _missing;

    public async ValueTask InitializeAsync()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Build.Tests", "Schema"))) File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        _missing = await RunAsync("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund") is { Length: > 0 } said ? $"npm does not install CycloneDX' library: {said}" : null;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>What the schema has against the document, or nothing.</summary>
    public Task<string> ProblemsAsync(string file)
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return RunAsync("node", "validate.js", file);
    }

    /// <returns>Nothing, or why it failed.</returns>
    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return $"{program}: {error.Message}";
        }

        using (process)
        {
            try
            {
                var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0 ? "" : $"{program} ended with exit code {process.ExitCode}: {string.Concat(texts).Trim()}";
            }
            catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                return $"{program} took longer than {s_limit.TotalMinutes:0} minutes";
            }
            finally
            {
                if (!process.HasExited) process.Kill(entireProcessTree: true);
            }
        }
    }
}
