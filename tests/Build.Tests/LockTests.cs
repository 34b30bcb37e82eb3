using System.Text.Json.Nodes;
using Loomflow.Aspire.Build.Tests.Feeds;

namespace Loomflow.Aspire.Build.Tests;

/// <summary>Lock files, as a project of any copy has them once there is a folder for them.</summary>
public sealed class LockTests
{
    private const string Locked = "-p:RestoreLockedMode=true";
    private const string Platform = "-p:RuntimeIdentifier=linux-arm64";
    private const string LockFile = "locks/Product.json";

    private static readonly FeedPackage[] s_packages = [new("Direct", "1.0.0", DependsOn: "Transitive"), new("Transitive", "1.0.0"), new("Direct", "2.0.0", DependsOn: "Transitive"), new("Transitive", "2.0.0")];

    [Fact]
    public async Task Folder_IsWhatMakesRestoreWriteLockFiles()
    {
        await using var feed = await Feed.StartAsync(Advisories.None, s_packages);
        using var checkout = new Checkout(feed);

        await RestoredAsync(checkout);
        Directory.Exists(checkout.In("locks")).ShouldBeFalse();
        Directory.CreateDirectory(checkout.In("locks"));
        await RestoredAsync(checkout);

        var packages = JsonNode.Parse(File.ReadAllText(checkout.In(LockFile)))!["dependencies"]!["net10.0"]!;
        packages["Direct"]!["resolved"]!.GetValue<string>().ShouldBe("1.0.0");
        packages["Transitive"]!["resolved"]!.GetValue<string>().ShouldBe("1.0.0");
        packages["Transitive"]!["contentHash"]!.GetValue<string>().ShouldNotBeEmpty();
        await RestoredAsync(checkout, Locked);
    }

    [Fact]
    public async Task ChangedVersion_FailsWhereLocksHold_AndIsLockedByARestore()
    {
        await using var feed = await Feed.StartAsync(Advisories.None, s_packages);
        using var checkout = await LockedAsync(feed);

        checkout.Versions("2.0.0");
        var (succeeded, output) = await checkout.RestoreAsync(Locked);
        succeeded.ShouldBeFalse(output);
        output.ShouldContain("error NU1004: The package reference Direct version has changed from [1.0.0, ) to [2.0.0, )");

        await RestoredAsync(checkout);
        await RestoredAsync(checkout, Locked);
        File.ReadAllText(checkout.In(LockFile)).ShouldContain("\"resolved\": \"2.0.0\"");
    }

    [Fact]
    public async Task PackageWithOtherContent_IsRefused()
    {
        await using var feed = await Feed.StartAsync(Advisories.None, s_packages);
        using var checkout = await LockedAsync(feed);
        await using var forged = await Feed.StartAsync(Advisories.None, s_packages[0], new("Transitive", "1.0.0", DependsOn: "Direct"));
        using var elsewhere = new Checkout(forged);
        elsewhere.Write(LockFile, File.ReadAllText(checkout.In(LockFile)));

        var (succeeded, output) = await elsewhere.RestoreAsync();

        succeeded.ShouldBeFalse(output);
        output.ShouldContain("NU1403");
        output.ShouldContain("Transitive.1.0.0");
    }

    [Fact]
    public async Task ProjectWithoutALockFile_IsRefusedWhereLocksHold()
    {
        await using var feed = await Feed.StartAsync(Advisories.None, s_packages);
        using var checkout = await LockedAsync(feed);
        File.Delete(checkout.In(LockFile));

        var (succeeded, output) = await checkout.RestoreAsync(Locked);

        succeeded.ShouldBeFalse(output);
        output.ShouldContain("error LOCK1: Product.csproj has no lock file: `dotnet restore` writes");
        File.Exists(checkout.In(LockFile)).ShouldBeFalse();
    }

    [Fact]
    public async Task RestoreForOnePlatform_HasALockFileOfItsOwn()
    {
        await using var feed = await Feed.StartAsync(Advisories.None, s_packages);
        using var checkout = await LockedAsync(feed);
        var before = File.ReadAllText(checkout.In(LockFile));

        (await checkout.RestoreAsync(Locked, Platform)).Output.ShouldContain("error LOCK1");
        await RestoredAsync(checkout, Platform);
        await RestoredAsync(checkout, Locked, Platform);

        File.ReadAllText(checkout.In("locks/linux-arm64/Product.json")).ShouldContain("net10.0/linux-arm64");
        File.ReadAllText(checkout.In(LockFile)).ShouldBe(before);
    }

    [Fact]
    public void EveryProject_HasALockFile_AndEveryLockFileAProject()
    {
        var locks = Directory.EnumerateFiles(Path.Combine(Testing.Repository.Root, "standins", "locks"), "*.json").Select(Path.GetFileNameWithoutExtension);

        locks.ShouldBe(Projects(), ignoreOrder: true);
    }

    // But for the one that is built for the genuine packages alone.
    private static IEnumerable<string> Projects() =>
        from line in File.ReadLines(Directory.GetFiles(Testing.Repository.Root, "*.sln").Single())
        where line.Contains(".csproj\"", StringComparison.Ordinal)
        let project = Path.Combine(Testing.Repository.Root, line.Split('"')[5].Replace('\\', Path.DirectorySeparatorChar))
        where !File.ReadAllText(project).Contains("<UseStandIns>false</UseStandIns>", StringComparison.Ordinal)
        select Path.GetFileNameWithoutExtension(project);

    private static async Task<Checkout> LockedAsync(Feed feed)
    {
        var checkout = new Checkout(feed);
        Directory.CreateDirectory(checkout.In("locks"));
        await RestoredAsync(checkout);
        return checkout;
    }

    private static async Task RestoredAsync(Checkout checkout, params string[] arguments)
    {
        var (succeeded, output) = await checkout.RestoreAsync(arguments);
        succeeded.ShouldBeTrue(output);
    }
}
