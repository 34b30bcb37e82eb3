using Loomflow.Aspire.Cli.Packages;
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
          packages [--auto]  Says which packages are in use and why, and looks again unless they were forced.
                             --auto looks again in any case.

        Each command takes --genuine (the packages of Aspire, gRPC and Redis) or --stand-ins (the projects in standins/),
        and that is remembered. Otherwise the genuine ones are used where all of them restore and a container runtime answers.
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
        var preference = PackagePreference.None;
        if (rest.Remove("--genuine")) preference = PackagePreference.Genuine;
        if (rest.Remove("--stand-ins")) preference = preference is PackagePreference.None ? PackagePreference.StandIns : PackagePreference.Contradiction;
        if (preference is PackagePreference.Contradiction) return Misuse("--genuine and --stand-ins exclude each other.");

        switch (command)
        {
            case "up":
                var once = rest.Remove("--once");
                return rest is [] ? await UpCommand.RunAsync(workspace, preference, once, cancellationToken) : Misuse($"up does not know '{rest[0]}'.");
            case "test":
                var option = rest.FirstOrDefault(argument => argument.StartsWith('-'));
                return option is null ? await TestCommand.RunAsync(workspace, preference, rest, cancellationToken) : Misuse($"test does not know '{option}'.");
            case "packages":
                if (rest.Remove("--auto")) preference = preference is PackagePreference.None ? PackagePreference.Auto : PackagePreference.Contradiction;
                if (preference is PackagePreference.Contradiction) return Misuse("--auto looks for itself: leave out --genuine and --stand-ins.");
                return rest is [] ? await PackagesCommand.RunAsync(workspace, preference, cancellationToken) : Misuse($"packages does not know '{rest[0]}'.");
            case "help" or "--help" or "-h":
                Terminal.Line(Usage);
                return 0;
            default:
                return Misuse(command is null ? "A command is missing." : $"There is no command '{command}'.");
        }
    }

    private static int Misuse(string message)
    {
        Terminal.Error(message);
        Terminal.Error(Usage);
        return Misused;
    }
}
