using Loomflow.Aspire.Cli.Packages;

namespace Loomflow.Aspire.Cli.Tests;

public sealed class PackageTests : IDisposable
{
    private static readonly FeedAnswer s_incomplete = FeedAnswer.Failed(["error NU1101: Unable to find package Aspire.Hosting.Redis. No packages exist with this id"]);

    private readonly Workspace _copy = new(Directory.CreateTempSubdirectory("a copy ").FullName);

    public PackageTests()
    {
        File.WriteAllText(_copy.In("Directory.Packages.props"), "<Project />");
        Directory.CreateDirectory(_copy.In("standins"));
        File.WriteAllText(_copy.In("standins", "StandIns.targets"), "<Project />");
    }

    public void Dispose() => Directory.Delete(_copy.Root, recursive: true);

    [Fact]
    public void Of_EveryPackageAndARuntime_GivesTheGenuineOnes()
    {
        var choice = PackageChooser.Of("docker", FeedAnswer.Complete);

        choice.UseStandIns.ShouldBeFalse();
        choice.Reason.ShouldContain("docker answers");
    }

    [Fact]
    public void Of_AMissingPackage_GivesTheStandInsAndNamesIt()
    {
        var choice = PackageChooser.Of("docker", s_incomplete);

        choice.UseStandIns.ShouldBeTrue();
        choice.Reason.ShouldBe("The feed lacks 1 of the genuine packages: Aspire.Hosting.Redis.");
    }

    [Fact]
    public void Of_NoRuntime_GivesTheStandInsWhateverTheFeedHas()
    {
        PackageChooser.Of(null, null).UseStandIns.ShouldBeTrue();
        PackageChooser.Of(null, FeedAnswer.Complete).UseStandIns.ShouldBeTrue();
        PackageChooser.Of(null, s_incomplete).Reason.ShouldContain("Aspire.Hosting.Redis");
    }

    [Theory]
    [InlineData("/x/P.csproj : error NU1101: Unable to find package Grpc.Core.Api. No packages exist with this id in source(s): feed", "Grpc.Core.Api")]
    [InlineData("/x/P.csproj : error NU1102: Unable to find package Google.Protobuf with version (>= 3.36.2)", "Google.Protobuf")]
    [InlineData("/x/P.csproj : error NU1103: Unable to find a stable package OpenAI with version (>= 2.15.0)", "OpenAI")]
    public void Failed_NamesTheMissingPackage(string line, string id) => FeedAnswer.Failed([line, line]).Description.ShouldEndWith($": {id}.");

    [Fact]
    public void Failed_WithoutAMissingPackage_SaysWhatTheFeedSaid() =>
        FeedAnswer.Failed(["Determining projects", "error NU1301: Unable to load the service index"]).Description.ShouldContain("NU1301");

    [Fact]
    public void Choice_IsRememberedUntilTheVersionsChange()
    {
        var choice = new PackageChoice(false, ChoiceBasis.Feed, "All <genuine> packages restore.\ndocker answers.");
        choice.Save(_copy);
        PackageChoice.Load(_copy).ShouldBe(choice);

        File.WriteAllText(_copy.In("Directory.Packages.props"), "<Project></Project>");

        PackageChoice.Load(_copy).ShouldBeNull();
    }

    [Fact]
    public void Choice_SavedAgain_LeavesTheFileThatBuildsDependOn()
    {
        var choice = new PackageChoice(true, ChoiceBasis.Runtime, ContainerRuntime.Missing);
        choice.Save(_copy);
        var longAgo = DateTime.UtcNow.AddDays(-1);
        File.SetLastWriteTimeUtc(PackageChoice.FileOf(_copy), longAgo);

        choice.Save(_copy);

        File.GetLastWriteTimeUtc(PackageChoice.FileOf(_copy)).ShouldBe(longAgo);
    }

    [Fact]
    public void ForcedChoice_HoldsForLaterCommands_UntilAuto()
    {
        PackageChooser.Settled(_copy, PackagePreference.None).ShouldBeNull();
        var forced = PackageChooser.Settled(_copy, PackagePreference.Genuine).ShouldNotBeNull();
        forced.Save(_copy);

        PackageChooser.Settled(_copy, PackagePreference.None).ShouldBe(forced);
        PackageChooser.Settled(_copy, PackagePreference.Auto).ShouldBeNull();
    }

    [Fact]
    public void CopyWithoutStandIns_UsesTheGenuinePackagesOnly()
    {
        File.Delete(_copy.In("standins", "StandIns.targets"));

        PackageChooser.Settled(_copy, PackagePreference.None).ShouldNotBeNull().UseStandIns.ShouldBeFalse();
        Should.Throw<CommandFailedException>(() => PackageChooser.Settled(_copy, PackagePreference.StandIns)).Message.ShouldContain("no stand-ins");
    }
}
