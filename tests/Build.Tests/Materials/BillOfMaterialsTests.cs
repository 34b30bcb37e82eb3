using System.Text.Json.Nodes;
using Loomflow.Aspire.Sbom;

namespace Loomflow.Aspire.Build.Tests.Materials;

/// <summary>The document itself: the same for the same content, and valid with everything that can be in it.</summary>
public sealed class BillOfMaterialsTests(Schema schema)
{
    private static readonly Component s_polly = Package("Polly.Core", "8.9.1") with { Sha512 = new string('a', 128), License = new License("BSD-3-Clause") };
    private static readonly Component s_tools = Package("Grpc.Tools", "2.85.0") with { Scope = Scope.Excluded, License = new License(null, "https://grpc.example/license", "https://grpc.example/license") };
    private static readonly Component s_library = new("Loomflow", "1.0.0") { DependsOn = [s_tools.Reference, s_polly.Reference, s_polly.Reference] };
    private static readonly BillOfMaterials s_bill = new(new Component("Product", "1.0.0") { DependsOn = [s_library.Reference] }, "application", [s_polly, s_library, s_tools]);

    [Fact]
    public void Order_OfWhatWasFound_DoesNotShow()
    {
        var other = s_bill with { Components = [s_tools, s_library with { DependsOn = [s_polly.Reference, s_tools.Reference] }, s_polly] };

        other.ToJson().ShouldBe(s_bill.ToJson());
    }

    [Fact]
    public void SerialNumber_IsOfTheContent()
    {
        var newer = s_bill with { Components = [s_polly with { Sha512 = new string('b', 128) }, s_library, s_tools] };

        SerialNumber(newer).ShouldNotBe(SerialNumber(s_bill));
        SerialNumber(s_bill).ShouldMatch("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
    }

    [Fact]
    public void Version_ThatAnUrlCannotHave_IsEscapedInPackageUrls() =>
        Component.PackageUrlOf("Some.Package", "1.0.0+build 1").ShouldBe("pkg:nuget/Some.Package@1.0.0%2Bbuild%201");

    [Fact]
    public async Task Document_WithEverythingThatCanBeInIt_IsValid()
    {
        var file = Path.GetTempFileName();
        try
        {
            var full = s_bill with { IsComplete = false, BuiltAt = DateTimeOffset.FromUnixTimeSeconds(1_750_000_000) };
            await File.WriteAllTextAsync(file, full.ToJson(), TestContext.Current.CancellationToken);
            var document = JsonNode.Parse(full.ToJson())!;

            document["metadata"]!["timestamp"]!.GetValue<string>().ShouldBe("2025-06-15T15:06:40Z");
            document["compositions"]!.ToJsonString().ShouldBe("""[{"aggregate":"incomplete","dependencies":["Product@1.0.0"]}]""");
            document["components"]!.AsArray().Single(component => component!["name"]!.GetValue<string>() == "Grpc.Tools")!["licenses"]!.ToJsonString()
                .ShouldBe("""[{"license":{"name":"https://grpc.example/license","url":"https://grpc.example/license"}}]""");
            (await schema.ProblemsAsync(file)).ShouldBeEmpty();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Document_ThatIsNotOne_IsRefusedByTheSchema()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, s_bill.ToJson().Replace("SHA-512", "SHA-511", StringComparison.Ordinal), TestContext.Current.CancellationToken);

            (await schema.ProblemsAsync(file)).ShouldContain("/hashes/0/alg");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Component Package(string id, string version) => new(id, version) { PackageUrl = Component.PackageUrlOf(id, version) };

    private static string SerialNumber(BillOfMaterials bill) => JsonNode.Parse(bill.ToJson())!["serialNumber"]!.GetValue<string>();
}
