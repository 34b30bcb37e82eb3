using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>What an agent's finished answer must look like: JSON of one type, or of one of several.</summary>
public sealed class OutputSchema
{
    private static readonly JsonSerializerOptions s_json = new(PayloadSerializer.Options)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private static readonly AIJsonSchemaCreateOptions s_create = new()
    {
        TransformOptions = new AIJsonSchemaTransformOptions { DisallowAdditionalProperties = true },
    };

    private readonly Type[] _types;
    private readonly JsonElement[] _schemas;

    private OutputSchema(Type[] types)
    {
        _types = types;
        _schemas = [.. types.Select(type => AIJsonUtilities.CreateJsonSchema(type, serializerOptions: s_json, inferenceOptions: s_create))];

        // Providers take objects only at the top, so everything else is wrapped in one.
        Wrapped = types.Length > 1 || !IsObject(_schemas[0]);
        Schema = Wrapped ? Wrap(_schemas) : _schemas[0];
    }

    /// <summary>The JSON schema that models are given.</summary>
    public JsonElement Schema { get; }

    /// <summary>A name for it: the type's, or those of all types.</summary>
    public string Name => string.Join("_or_", _types.Select(type => type.IsGenericType ? type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)] : type.Name));

    internal bool Wrapped { get; }

    /// <summary>JSON of a <typeparamref name="T"/>.</summary>
    public static OutputSchema Of<T>() => Cache<T>.Schema;

    /// <summary>JSON of one of several types; the first one that an answer fits counts.</summary>
    /// <exception cref="ArgumentException">No type was given.</exception>
    public static OutputSchema AnyOf(params Type[] types)
    {
        ArgumentNullException.ThrowIfNull(types);
        return types.Length > 0 ? new OutputSchema(types) : throw new ArgumentException("An output schema needs at least one type.", nameof(types));
    }

    /// <summary>Reads an answer. Code fences around the JSON are taken off.</summary>
    /// <returns>What was wrong, at most ten problems; none when there is a value.</returns>
    internal IReadOnlyList<string> Read(string answer, out object? value)
    {
        value = null;
        JsonElement json;
        try
        {
            json = JsonElement.Parse(WithoutFence(answer));
        }
        catch (JsonException problem)
        {
            return [$"it is not JSON: {problem.Message}"];
        }

        // A model that was only told in words sometimes leaves the wrapping object out.
        if (Wrapped && json.ValueKind == JsonValueKind.Object && json.TryGetProperty("value", out var inner)) json = inner;
        IReadOnlyList<string>? first = null;
        for (var i = 0; i < _types.Length; i++)
        {
            var problems = JsonSchemaCheck.Problems(json, _schemas[i]);
            if (problems.Count == 0)
            {
                try
                {
                    value = json.Deserialize(_types[i], s_json);
                    return [];
                }
                catch (Exception problem) when (problem is JsonException or NotSupportedException or InvalidOperationException)
                {
                    problems = [problem.Message];
                }
            }

            first ??= problems;
        }

        return first!;
    }

    private static string WithoutFence(string answer)
    {
        var text = answer.Trim();
        if (!text.StartsWith("```", StringComparison.Ordinal)) return text;
        var start = text.IndexOf('\n', StringComparison.Ordinal);
        var end = text.LastIndexOf("```", StringComparison.Ordinal);
        return start >= 0 && end > start ? text[(start + 1)..end].Trim() : text;
    }

    private static bool IsObject(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("object");

    private static JsonElement Wrap(JsonElement[] schemas)
    {
        var value = schemas.Length == 1
            ? Rebased(schemas[0], "#/properties/value")
            : new JsonObject { ["anyOf"] = new JsonArray([.. schemas.Select((schema, i) => Rebased(schema, $"#/properties/value/anyOf/{i}"))]) };
        return JsonSerializer.SerializeToElement(new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["value"] = value },
            ["required"] = new JsonArray("value"),
            ["additionalProperties"] = false,
        });
    }

    // References of recursive types point into their own schema, which is now a part of a larger one.
    private static JsonNode? Rebased(JsonElement schema, string root)
    {
        var node = JsonNode.Parse(schema.GetRawText());
        Rebase(node);
        return node;

        void Rebase(JsonNode? at)
        {
            if (at is JsonArray array)
            {
                foreach (var item in array) Rebase(item);
            }
            else if (at is JsonObject members)
            {
                if (members["$ref"] is JsonValue reference && reference.GetValue<string>() is ['#', ..] pointer) members["$ref"] = root + pointer[1..];
                foreach (var (_, member) in members) Rebase(member);
            }
        }
    }

    private static class Cache<T>
    {
        public static readonly OutputSchema Schema = new([typeof(T)]);
    }
}
