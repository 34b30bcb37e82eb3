namespace Loomflow.Aspire.Cli.Packages;

/// <summary>What the command line says about the packages.</summary>
internal enum PackagePreference
{
    None,
    Auto,
    Genuine,
    StandIns,
    Contradiction,
}
