using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// Puts right what models get slightly wrong: a number or truth value in quotes, an object or list as JSON text. What cannot
/// be put right is passed on unchanged, so that the error names what the model really sent.
/// </summary>
internal static class ArgumentCoercion
{
    public static AIFunctionArguments Fit(AIFunctionArguments arguments, JsonElement schema)
    {
        if (arguments.Count == 0 || schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties)) return arguments;
        AIFunctionArguments? fitted = null;
        foreach (var (name, value) in arguments)
        {
            if (!properties.TryGetProperty(name, out var property)) continue;
            var better = Fit(value, property);
            if (ReferenceEquals(better, value)) continue;
            fitted ??= new AIFunctionArguments(arguments) { Services = arguments.Services, Context = arguments.Context };
            fitted[name] = better;
        }

        return fitted ?? arguments;
    }

    private static object? Fit(object? value, JsonElement schema)
    {
        if (Text(value) is not { } text) return value is JsonElement { ValueKind: JsonValueKind.Number } number ? FitNumber(number, schema) : value;
        if (Accepts(schema, "string")) return value;
        var trimmed = text.Trim();
        if (Accepts(schema, "integer") && Whole(trimmed) is { } whole) return whole;
        if (Accepts(schema, "number") && double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real))
        {
            return decimal.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact) ? exact : real;
        }

        if (Accepts(schema, "boolean") && Truth(trimmed) is { } truth) return truth;
        if (Accepts(schema, "object") || Accepts(schema, "array")) return Json(trimmed) ?? value;
        return value;
    }

    // 8.0 for a whole number is 8; 8.5 is not a whole number and stays what it is.
    private static object FitNumber(JsonElement number, JsonElement schema) =>
        Accepts(schema, "integer") && !Accepts(schema, "number") && !number.TryGetInt64(out _) && Whole(number.GetRawText()) is { } whole
            ? whole
            : number;

    private static object? Whole(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            && real == decimal.Truncate(real) && real is >= long.MinValue and <= long.MaxValue
                ? (long)real
                : null;
    }

    private static object? Truth(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "1" or "YES" => true,
        "FALSE" or "0" or "NO" or "" => false,
        _ => null,
    };

    private static object? Json(string text)
    {
        if (text.Length == 0 || text[0] is not ('{' or '[')) return null;
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(object? value) => value switch
    {
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } element => element.GetString(),
        _ => null,
    };

    private static bool Accepts(JsonElement schema, string type)
    {
        if (schema.ValueKind != JsonValueKind.Object) return type == "string";
        if (schema.TryGetProperty("type", out var declared))
        {
            return declared.ValueKind == JsonValueKind.Array
                ? declared.EnumerateArray().Any(one => one.ValueEquals(type))
                : declared.ValueEquals(type);
        }

        if (schema.TryGetProperty("anyOf", out var any) && any.ValueKind == JsonValueKind.Array) return any.EnumerateArray().Any(one => Accepts(one, type));

        // Without a type every value is welcome; an enum of text, or a reference, is left to the serialiser.
        return type == "string";
    }
}
