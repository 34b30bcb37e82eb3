using Loomflow.Aspire.Build.Tests.Feeds;

namespace Loomflow.Aspire.Build.Tests;

/// <summary>Packages with known vulnerabilities, as a feed tells them.</summary>
public sealed class AuditTests
{
    private static readonly FeedPackage[] s_packages = [new("Direct", "1.0.0", DependsOn: "Transitive"), new("Transitive", "1.0.0"), new("Direct", "2.0.0", DependsOn: "Transitive"), new("Transitive", "2.0.0")];

    [Theory]
    [InlineData("Direct", 1, "NU1902")]
    [InlineData("Transitive", 2, "NU1903")]
    [InlineData("Transitive", 3, "NU1904")]
    public async Task Vulnerability_AlsoOfAPackageThatOnlyCameAlong_FailsTheBuild(string package, int severity, string code)
    {
        await using var feed = await Feed.StartAsync(Advisories.Below2(package, severity), s_packages);
        using var checkout = new Checkout(feed);

        var (succeeded, output) = await checkout.RestoreAsync();

        succeeded.ShouldBeFalse(output);
        output.ShouldContain($"error {code}: Warning As Error: Package '{package}' 1.0.0 has a known");
        output.ShouldContain($"https://advisories.example/{package}");
    }

    [Fact]
    public async Task Vulnerability_OfLowSeverity_IsAWarning()
    {
        await using var feed = await Feed.StartAsync(Advisories.Below2("Transitive", severity: 0), s_packages);
        using var checkout = new Checkout(feed);

        var (succeeded, output) = await checkout.RestoreAsync();

        succeeded.ShouldBeTrue(output);
        output.ShouldContain("warning NU1901: Package 'Transitive' 1.0.0 has a known low severity vulnerability");
    }

    [Fact]
    public async Task VersionThatIsNotVulnerable_IsTheWayOut()
    {
        await using var feed = await Feed.StartAsync(Advisories.Below2("Transitive", severity: 3), s_packages);
        using var checkout = new Checkout(feed);
        checkout.Versions("2.0.0");

        var (succeeded, output) = await checkout.RestoreAsync();

        succeeded.ShouldBeTrue(output);
        output.ShouldNotContain("NU19");
    }

    [Fact]
    public async Task FeedWithoutAdvisories_IsAsGoodAsOneThatHasNoneForThePackages()
    {
        await using var feed = await Feed.StartAsync(Advisories.None, s_packages);
        using var checkout = new Checkout(feed);

        var (succeeded, output) = await checkout.RestoreAsync();

        succeeded.ShouldBeTrue(output);
        output.ShouldNotContain("warning");
    }

    [Theory]
    [InlineData("AppHost", true)]
    [InlineData("Product", false)]
    public async Task FeedThatDoesNotGiveItsAdvisories_IsNoFailure_AndAppHostAloneSaysSo(string project, bool says)
    {
        await using var feed = await Feed.StartAsync(Advisories.Unavailable, s_packages);
        using var checkout = new Checkout(feed, project);

        var (succeeded, output) = await checkout.RestoreAsync();

        succeeded.ShouldBeTrue(output);
        output.Contains("warning NU1900", StringComparison.Ordinal).ShouldBe(says, output);
    }
}
