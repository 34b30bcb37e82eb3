namespace Loomflow.Aspire.Cli.Packages;

/// <summary>What decided between genuine packages and stand-ins, and so when it needs to be looked at again.</summary>
internal enum ChoiceBasis
{
    /// <summary>The user said so.</summary>
    Forced,

    /// <summary>There are no stand-ins in this copy.</summary>
    Copy,

    /// <summary>No container runtime answered.</summary>
    Runtime,

    /// <summary>A container runtime answered, and the feed was asked.</summary>
    Feed,
}
