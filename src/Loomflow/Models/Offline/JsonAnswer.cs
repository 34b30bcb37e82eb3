using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loomflow.Offline;

/// <summary>Fills a JSON schema with what can be found in the conversation, and with a harmless value where nothing can.</summary>
internal static class JsonAnswer
{
    public static string For(JsonElement schema, OfflineModel.Request request)
    {
        var text = request.Results.Count > 0 ? string.Join('\n', request.Results.Select(result => result.Text).Append(request.Prompt)) : request.Prompt;
        return (Fill("", schema, schema, text, request, 0) ?? JsonValue.Create((string?)null))?.ToJsonString(PayloadSerializer.Options) ?? "null";
    }

    private static JsonNode? Fill(string name, JsonElement schema, JsonElement root, string text, OfflineModel.Request request, int depth)
    {
        if (depth > 8 || schema.ValueKind != JsonValueKind.Object) return null;
        if (schema.TryGetProperty("const", out var constant)) return JsonNode.Parse(constant.GetRawText());
        if (schema.TryGetProperty("anyOf", out var any)) return Fill(name, any.EnumerateArray().MaxBy(one => Fit(one, text)), root, text, request, depth + 1);
        switch (Arguments.TypeOf(schema))
        {
            case "object":
                var members = new JsonObject();
                if (schema.TryGetProperty("properties", out var properties))
                {
                    foreach (var property in properties.EnumerateObject()) members[property.Name] = Fill(property.Name, property.Value, root, text, request, depth + 1);
                }

                return members;
            case "array":
                var item = schema.TryGetProperty("items", out var items) ? Fill(name, items, root, text, request, depth + 1) : null;
                return item is null ? [] : new JsonArray(item);
            case "string" when !schema.TryGetProperty("enum", out _):
                return JsonValue.Create(Arguments.Find(name, schema, text, whole: false) as string ?? Prose.Answer(request));
            case "integer" or "number":
                return JsonNode.Parse(JsonSerializer.Serialize(Arguments.Find(name, schema, text, whole: false) ?? 0, PayloadSerializer.Options));
            case var type:
                return type == "null" ? null : JsonNode.Parse(JsonSerializer.Serialize(Arguments.Find(name, schema, text, whole: false), PayloadSerializer.Options));
        }
    }

    // Which of several forms: the one whose field names the text speaks of.
    private static int Fit(JsonElement schema, string text)
    {
        if (!schema.TryGetProperty("properties", out var properties)) return 0;
        var stems = Evidence.Stems(text).ToHashSet(StringComparer.Ordinal);
        return properties.EnumerateObject().Sum(property => Evidence.Score(property.Name, stems));
    }
}
