using System.Globalization;
using Loomflow.Aspire.Sbom;

try
{
    var arguments = new Arguments(args);
    var document = Read(arguments).ToJson();
    var output = arguments["--output"];

    // An unchanged file keeps its time, so that nothing is copied again for it.
    if (!File.Exists(output) || File.ReadAllText(output) != document) File.WriteAllText(output, document);
    return 0;
}
catch (SbomException error)
{
    // In the form in which MSBuild shows errors of tools.
    Console.Error.WriteLine($"sbom : error SBOM1: {error.Message}");
    return 1;
}

static BillOfMaterials Read(Arguments arguments)
{
    var (name, version) = (arguments["--name"], arguments["--version"]);
    var assets = AssetsFile.Read(arguments["--assets"], arguments["--framework"], arguments.Find("--runtime"));
    var declared = arguments.Find("--declared") is { } file ? DeclaredPackages.Read(file) : [];
    var product = new Component(name, version)
    {
        PackageUrl = arguments.IsPackage ? Component.PackageUrlOf(name, version) : null,
        License = arguments.Find("--license") is { } license ? new License(license) : null,
        DependsOn = [.. assets.Direct, .. declared.Select(package => package.Reference)],
    };
    return new BillOfMaterials(product, arguments.IsPackage ? "library" : "application", [.. assets.Components(arguments.IsPackage), .. declared]) { IsComplete = declared.Count == 0, BuiltAt = SourceDate() };
}

// https://reproducible-builds.org/specs/source-date-epoch/
static DateTimeOffset? SourceDate() => Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH") switch
{
    null or "" => null,
    var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() => DateTimeOffset.FromUnixTimeSeconds(seconds),
    var text => throw new SbomException($"SOURCE_DATE_EPOCH is '{text}', which is not a number of seconds since 1970."),
};
