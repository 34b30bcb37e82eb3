namespace Loomflow.Aspire.Cli.Packages;

/// <summary><c>packages</c>: says which packages are in use and why.</summary>
internal static class PackagesCommand
{
    public const string Usage =
        """
          packages [--auto]  Says which packages are in use and why, and looks again unless they were forced.
                             --auto looks again in any case.

        Each command takes --genuine (the packages of Aspire, gRPC and Redis) or --stand-ins (the projects in standins/),
        and that is remembered. Otherwise the genuine ones are used where all of them restore and a container runtime answers.
        """;

    public static async Task<int> RunAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var choice = PackageChooser.Settled(workspace, workspace.Preference)
            ?? PackageChooser.Of(await ContainerRuntime.FindAsync(workspace, cancellationToken), await FeedProbe.RunAsync(workspace, cancellationToken));
        choice.Save(workspace);
        Terminal.Line($"In use: {choice.Packages}");
        Terminal.Detail(choice.Reason);
        Terminal.Detail($"Remembered in {Path.GetRelativePath(workspace.Root, PackageChoice.FileOf(workspace))}: dotnet build, dotnet test and aspire run follow it.");
        return 0;
    }
}
