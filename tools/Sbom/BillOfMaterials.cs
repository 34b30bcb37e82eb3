using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loomflow.Aspire.Sbom;

/// <summary>A bill of materials, to be written as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).</summary>
/// <param name="Product">What it is of. Its dependencies are the direct ones.</param>
/// <param name="Type">The product's type: <c>application</c> or <c>library</c>.</param>
/// <param name="Components">All that it is made of, or was built with.</param>
internal sealed record BillOfMaterials(Component Product, string Type, IReadOnlyList<Component> Components)
{
    private const string ToolName = "Loomflow.Aspire.Sbom";
    private const string ToolVersion = "1";

    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether the components are all that there are. Versions that are only declared bring others along when they are restored.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>When it was built, where that is to be said. Without it, what is built again from the same sources has the same document.</summary>
    public DateTimeOffset? BuiltAt { get; init; }

    /// <summary>The document. Its serial number is a hash of all the rest of it.</summary>
    public string ToJson()
    {
        var document = new JsonObject { ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json", ["bomFormat"] = "CycloneDX", ["specVersion"] = "1.6", ["version"] = 1, ["metadata"] = Metadata() };
        var components = Components.OrderBy(component => component.Reference, StringComparer.Ordinal).ToArray();
        document["components"] = new JsonArray([.. components.Select(ToJson)]);
        document["dependencies"] = new JsonArray([.. components.Prepend(Product).Select(Dependencies)]);
        if (!IsComplete) document["compositions"] = new JsonArray(new JsonObject { ["aggregate"] = "incomplete", ["dependencies"] = new JsonArray(Product.Reference) });
        document.Insert(3, "serialNumber", $"urn:uuid:{SerialNumber(JsonSerializer.SerializeToUtf8Bytes(document, s_options))}");
        return document.ToJsonString(s_options) + "\n";
    }

    private JsonObject Metadata()
    {
        var metadata = new JsonObject();
        if (BuiltAt is { } time) metadata["timestamp"] = time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        metadata["lifecycles"] = new JsonArray(new JsonObject { ["phase"] = "build" });
        metadata["tools"] = new JsonObject { ["components"] = new JsonArray(new JsonObject { ["type"] = "application", ["name"] = ToolName, ["version"] = ToolVersion }) };
        metadata["component"] = ToJson(Product, Type);
        return metadata;
    }

    private static JsonObject ToJson(Component component)
    {
        var json = ToJson(component, "library");
        json["scope"] = component.Scope.ToString().ToLowerInvariant();
        return json;
    }

    private static JsonObject ToJson(Component component, string type)
    {
        var json = new JsonObject { ["type"] = type, ["bom-ref"] = component.Reference, ["name"] = component.Name, ["version"] = component.Version };
        if (component.Sha512 is { } hash) json["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-512", ["content"] = hash });
        if (component.License is { } license) json["licenses"] = new JsonArray(ToJson(license));
        if (component.PackageUrl is { } url) json["purl"] = url;
        return json;
    }

    private static JsonObject ToJson(License license)
    {
        if (license.Expression is { } expression) return new JsonObject { ["expression"] = expression };

        var named = new JsonObject { ["name"] = license.Name };
        if (license.Url is { } url) named["url"] = url;
        return new JsonObject { ["license"] = named };
    }

    private static JsonObject Dependencies(Component component) => new()
    {
        ["ref"] = component.Reference,
        ["dependsOn"] = new JsonArray([.. component.DependsOn.Distinct().Order(StringComparer.Ordinal).Select(reference => JsonValue.Create(reference))]),
    };

    // RFC 9562, version 8: what the bits are is up to whoever makes it.
    private static Guid SerialNumber(byte[] content)
    {
        var bytes = SHA256.HashData(content)[..16];
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
