namespace Loomflow.Aspire.Cli.Packages;

/// <summary>Chooses the genuine packages only where all of them restore and a container runtime answers: genuine Aspire needs one for Redis.</summary>
internal static class PackageChooser
{
    /// <summary>The choice for a command that builds: what is remembered, as long as it still fits this machine.</summary>
    public static async Task<PackageChoice> ChooseAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var choice = Settled(workspace, workspace.Preference) ?? await LookAsync(workspace, PackageChoice.Load(workspace), cancellationToken);
        choice.Save(workspace);
        Terminal.Heading($"Packages: {choice.Packages}");
        Terminal.Detail(choice.Reason);
        return choice;
    }

    /// <summary>The choice that needs no look at the machine, if there is one.</summary>
    public static PackageChoice? Settled(Workspace workspace, PackagePreference preference)
    {
        if (!workspace.HasStandIns)
        {
            return preference is PackagePreference.StandIns
                ? throw new CommandFailedException("This copy has no stand-ins (standins/StandIns.targets is missing), so --stand-ins is not possible.")
                : new PackageChoice(false, ChoiceBasis.Copy, "This copy has no stand-ins.");
        }

        return preference switch
        {
            PackagePreference.Genuine => new PackageChoice(false, ChoiceBasis.Forced, "Forced by --genuine. `dotnet run loom.cs packages --auto` undoes that."),
            PackagePreference.StandIns => new PackageChoice(true, ChoiceBasis.Forced, "Forced by --stand-ins. `dotnet run loom.cs packages --auto` undoes that."),
            PackagePreference.None when PackageChoice.Load(workspace) is { Basis: ChoiceBasis.Forced } remembered => remembered,
            _ => null,
        };
    }

    /// <param name="workspace">The copy of the repository.</param>
    /// <param name="remembered">What an earlier look found, to be believed while the same thing decides.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    private static async Task<PackageChoice> LookAsync(Workspace workspace, PackageChoice? remembered, CancellationToken cancellationToken)
    {
        if (await ContainerRuntime.FindAsync(workspace, cancellationToken) is not { } runtime) return remembered is { Basis: ChoiceBasis.Runtime } ? remembered : Of(null, null);
        return remembered is { Basis: ChoiceBasis.Feed } ? remembered : Of(runtime, await FeedProbe.RunAsync(workspace, cancellationToken));
    }

    /// <summary>The choice for what was found; <see langword="null"/> for no container runtime, and for a feed that was not asked.</summary>
    public static PackageChoice Of(string? runtime, FeedAnswer? feed) => (runtime, feed) switch
    {
        (null, null) => new PackageChoice(true, ChoiceBasis.Runtime, ContainerRuntime.Missing),
        (null, { IsComplete: true }) => new PackageChoice(true, ChoiceBasis.Runtime, $"{ContainerRuntime.Missing}\n{feed.Description}"),
        (null, _) => new PackageChoice(true, ChoiceBasis.Runtime, $"{feed.Description}\n{ContainerRuntime.Missing}"),
        (_, { IsComplete: true }) => new PackageChoice(false, ChoiceBasis.Feed, $"{feed.Description}\n{runtime} answers."),
        (_, { } incomplete) => new PackageChoice(true, ChoiceBasis.Feed, incomplete.Description),
        (_, null) => throw new ArgumentNullException(nameof(feed), "With a container runtime the feed decides."),
    };
}
