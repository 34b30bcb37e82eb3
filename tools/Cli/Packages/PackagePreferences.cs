namespace Loomflow.Aspire.Cli.Packages;

internal static class PackagePreferences
{
    /// <summary>Takes what the arguments say about the packages out of them.</summary>
    public static PackagePreference TakeFrom(List<string> arguments, bool mayLookAgain)
    {
        List<PackagePreference> said = [];
        if (arguments.Remove("--genuine")) said.Add(PackagePreference.Genuine);
        if (arguments.Remove("--stand-ins")) said.Add(PackagePreference.StandIns);
        if (mayLookAgain && arguments.Remove("--auto")) said.Add(PackagePreference.Auto);
        return said switch
        {
            [] => PackagePreference.None,
            [var one] => one,
            _ => PackagePreference.Contradiction,
        };
    }
}
