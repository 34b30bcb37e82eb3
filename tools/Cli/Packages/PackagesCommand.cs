namespace Loomflow.Aspire.Cli.Packages;

/// <summary><c>packages</c>: says which packages are in use and why.</summary>
internal static class PackagesCommand
{
    public static async Task<int> RunAsync(Workspace workspace, PackagePreference preference, CancellationToken cancellationToken)
    {
        var choice = PackageChooser.Settled(workspace, preference)
            ?? PackageChooser.Of(await ContainerRuntime.FindAsync(workspace, cancellationToken), await FeedProbe.RunAsync(workspace, cancellationToken));
        choice.Save(workspace);
        Terminal.Line($"In use: {choice.Packages}");
        Terminal.Detail(choice.Reason);
        Terminal.Detail($"Remembered in {Path.GetRelativePath(workspace.Root, PackageChoice.FileOf(workspace))}: dotnet build, dotnet test and aspire run follow it.");
        return 0;
    }
}
