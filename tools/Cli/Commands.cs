//#if (offline)
using Loomflow.Aspire.Cli.Packages;
//#endif
using Loomflow.Aspire.Cli.Testing;
using Loomflow.Aspire.Cli.Up;

namespace Loomflow.Aspire.Cli;

/// <summary>The commands of <c>loom.cs</c>.</summary>
public static class Commands
{
    private const int Failed = 1;
    private const int Misused = 2;
    private const int Interrupted = 130;

    private const string Usage =
        """
        Usage: dotnet run loom.cs <command>

          up [--once]        Sets everything up, starts the system, sends one request through it and stays up until Ctrl+C.
                             --once stops it again, and succeeds only if everything worked.
          test [filter…]     Sets everything up and runs the tests: all, or the projects and tests whose names contain a filter.

        """;

    /// <summary>Runs one command on the repository in <paramref name="root"/>.</summary>
    /// <returns>The exit code: 0 if it worked, 1 if it failed, 2 for wrong usage, 130 when it was interrupted.</returns>
    public static async Task<int> RunAsync(string[] args, string root)
    {
        ArgumentNullException.ThrowIfNull(args);
        var workspace = new Workspace(root);
        using var stopping = new Stopping();
        try
        {
            return await RunAsync(args, workspace, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.Token.IsCancellationRequested)
        {
            Terminal.Line("Interrupted.");
            return Interrupted;
        }
        catch (CommandFailedException failure)
        {
            foreach (var line in failure.Tail) Terminal.Error($"  | {line}");
            Terminal.Error(failure.Message);
            return Failed;
        }
    }

    private static async Task<int> RunAsync(string[] args, Workspace workspace, CancellationToken cancellationToken)
    {
        var command = args.FirstOrDefault();
        var rest = args.Skip(1).ToList();
        //#if (offline)
        workspace.Preference = PackagePreferences.TakeFrom(rest, mayLookAgain: command is "packages");
        if (workspace.Preference is PackagePreference.Contradiction) return Misuse("--genuine, --stand-ins and --auto exclude each other.");

        //#endif
        switch (command)
        {
            case "up":
                var once = rest.Remove("--once");
                return rest is [] ? await UpCommand.RunAsync(workspace, once, cancellationToken) : Misuse($"up does not know '{rest[0]}'.");
            case "test":
                var option = rest.FirstOrDefault(argument => argument.StartsWith('-'));
                return option is null ? await TestCommand.RunAsync(workspace, rest, cancellationToken) : Misuse($"test does not know '{option}'.");
            //#if (offline)
            case "packages":
                return rest is [] ? await PackagesCommand.RunAsync(workspace, cancellationToken) : Misuse($"packages does not know '{rest[0]}'.");
            //#endif
            case "help" or "--help" or "-h":
                ShowUsage(Terminal.Line);
                return 0;
            default:
                return Misuse(command is null ? "A command is missing." : $"There is no command '{command}'.");
        }
    }

    private static int Misuse(string message)
    {
        Terminal.Error(message);
        ShowUsage(Terminal.Error);
        return Misused;
    }

    private static void ShowUsage(Action<string> show)
    {
        show(Usage);
        //#if (offline)
        show(PackagesCommand.Usage);
        //#endif
    }
}
