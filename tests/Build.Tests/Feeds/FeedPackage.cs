namespace Loomflow.Aspire.Build.Tests.Feeds;

/// <param name="Id">The package's id.</param>
/// <param name="Version">Its version.</param>
/// <param name="DependsOn">The id of a package that it brings along, in the same version.</param>
internal sealed record FeedPackage(string Id, string Version, string? DependsOn = null);
