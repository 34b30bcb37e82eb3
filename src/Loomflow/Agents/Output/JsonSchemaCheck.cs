using System.Text.Json;

namespace Loomflow;

/// <summary>Finds what in a JSON value does not fit a schema, for the part of JSON Schema that schemas of .NET types use.</summary>
internal static class JsonSchemaCheck
{
    private const int MaxProblems = 10;

    public static IReadOnlyList<string> Problems(JsonElement value, JsonElement schema)
    {
        var problems = new List<string>();
        Check(value, schema, schema, "$", problems);
        return problems;
    }

    private static void Check(JsonElement value, JsonElement schema, JsonElement root, string at, List<string> problems)
    {
        if (problems.Count >= MaxProblems || schema.ValueKind != JsonValueKind.Object) return;
        if (schema.TryGetProperty("$ref", out var reference)) schema = Resolve(reference.GetString()!, root);
        if (schema.ValueKind != JsonValueKind.Object) return;

        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(one => Is(value, one)))
        {
            problems.Add($"{at} is {Describe(value)}, expected {string.Join(" or ", Types(type))}");
            return;
        }

        if (schema.TryGetProperty("enum", out var choices) && !choices.EnumerateArray().Any(choice => JsonElement.DeepEquals(choice, value)))
        {
            problems.Add($"{at} is {Describe(value)}, expected one of {string.Join(", ", choices.EnumerateArray().Select(choice => choice.GetRawText()))}");
        }

        if (schema.TryGetProperty("const", out var constant) && !JsonElement.DeepEquals(constant, value))
        {
            problems.Add($"{at} is {Describe(value)}, expected {constant.GetRawText()}");
        }

        if (schema.TryGetProperty("anyOf", out var any) && !any.EnumerateArray().Any(one => Fits(value, one, root)))
        {
            problems.Add($"{at} fits none of the {any.GetArrayLength()} possible forms");
        }

        if (value.ValueKind == JsonValueKind.Object) CheckObject(value, schema, root, at, problems);
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            var index = 0;
            foreach (var item in value.EnumerateArray()) Check(item, items, root, $"{at}[{index++}]", problems);
        }
    }

    private static void CheckObject(JsonElement value, JsonElement schema, JsonElement root, string at, List<string> problems)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray())
            {
                if (problems.Count < MaxProblems && !value.TryGetProperty(name.GetString()!, out _)) problems.Add($"{at}.{name.GetString()} is missing");
            }
        }

        if (!schema.TryGetProperty("properties", out var properties)) return;
        foreach (var property in value.EnumerateObject())
        {
            if (properties.TryGetProperty(property.Name, out var inner)) Check(property.Value, inner, root, $"{at}.{property.Name}", problems);
        }
    }

    private static bool Fits(JsonElement value, JsonElement schema, JsonElement root)
    {
        var problems = new List<string>();
        Check(value, schema, root, "$", problems);
        return problems.Count == 0;
    }

    // Only pointers into the same document occur: "#/properties/items/…".
    private static JsonElement Resolve(string pointer, JsonElement root)
    {
        var target = root;
        foreach (var segment in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = segment.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            target = target.ValueKind == JsonValueKind.Array && int.TryParse(name, out var index) ? target[index]
                : target.ValueKind == JsonValueKind.Object && target.TryGetProperty(name, out var inner) ? inner
                : default;
        }

        return target;
    }

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()!) : [type.GetString()!];

    private static bool Is(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number == decimal.Truncate(number),
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => value.ValueKind == JsonValueKind.Object,
    };

    private static string Describe(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 60), "…");
    }
}
