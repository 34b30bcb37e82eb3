using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Loomflow.Offline;

/// <summary>Finds values for named, typed fields in a text: invoice numbers, amounts, e-mail addresses, dates, places, names.</summary>
internal static partial class Arguments
{
    /// <summary>The arguments of a call, or <see langword="null"/> when a required one is neither in the text nor in what was said before.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="text">What the user says.</param>
    /// <param name="asked">What the user said before, the latest first.</param>
    public static Dictionary<string, object?>? For(AIFunctionDeclaration tool, string text, IReadOnlyList<string> asked)
    {
        text = Resolve(text, asked);
        var arguments = new Dictionary<string, object?>();
        if (tool.JsonSchema.ValueKind != JsonValueKind.Object || !tool.JsonSchema.TryGetProperty("properties", out var properties)) return arguments;
        var required = tool.JsonSchema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()).ToHashSet() : [];
        var alone = properties.EnumerateObject().Count() == 1;
        foreach (var property in properties.EnumerateObject())
        {
            if (Find(property.Name, property.Value, text, alone) is { } value) arguments[property.Name] = value;
            else if (!required.Contains(property.Name)) continue;
            else if (asked.Select(earlier => Find(property.Name, property.Value, earlier, whole: false)).FirstOrDefault(known => known is not null) is { } known) arguments[property.Name] = known;
            else return null;
        }

        return arguments;
    }

    /// <summary>A value for one field, or <see langword="null"/>.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="schema">Its JSON schema.</param>
    /// <param name="text">Where to look.</param>
    /// <param name="whole">Whether a text field may take the whole text.</param>
    public static object? Find(string name, JsonElement schema, string text, bool whole)
    {
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("enum", out var choices))
        {
            var labels = choices.EnumerateArray().Where(choice => choice.ValueKind == JsonValueKind.String).Select(choice => choice.GetString()!).ToList();
            return labels.Count == 0 ? null : LabelChoice.Best(labels, text);
        }

        return TypeOf(schema) switch
        {
            "integer" => Number(text) is { } number && number == decimal.Truncate(number) ? (long)number : null,
            "number" => Number(text),
            "boolean" => !Negation().IsMatch(text),
            "string" => Text(name.ToLowerInvariant(), schema, text, whole),
            _ => null,
        };
    }

    public static string TypeOf(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("type", out var type)) return "string";
        return type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Select(one => one.GetString()!).FirstOrDefault(one => one != "null") ?? "null"
            : type.GetString()!;
    }

    private static string? Text(string name, JsonElement schema, string text, bool whole)
    {
        if (name.Contains("mail", StringComparison.Ordinal)) return First(Email(), text);
        if (name.Contains("date", StringComparison.Ordinal) || name is "day" or "when") return First(Date(), text);
        if (name.Contains("url", StringComparison.Ordinal) || name.Contains("link", StringComparison.Ordinal)) return First(Url(), text);
        if (Identifies().IsMatch(name)) return First(Identifier(), text)?.TrimStart('#') ?? (whole ? Quoted(text) : null);
        if (Placed().IsMatch(name)) return First(Place(), text) ?? Quoted(text) ?? (whole ? text : null);
        if (name is "input" or "query" or "text" or "prompt" or "request" or "message" or "question" or "content" or "req" or "description" or "reason" or "task") return text;
        return Quoted(text) ?? First(Place(), text) ?? (whole ? text : null);
    }

    /// <summary>"Refund it": what the user last named by a number of its own stands in the place of the word that points to it.</summary>
    private static string Resolve(string text, IReadOnlyList<string> asked)
    {
        if (Identifier().IsMatch(text) || !Pointer().IsMatch(text)) return text;
        var named = asked.Select(earlier => First(Identifier(), earlier)?.TrimStart('#')).FirstOrDefault(id => id is not null);
        return named is null ? text : Pointer().Replace(text, named.Replace("$", "$$", StringComparison.Ordinal), count: 1);
    }

    private static decimal? Number(string text)
    {
        // The digits of INV-2026-0042 are no amount.
        var match = Amount().Match(Identifier().Replace(Date().Replace(text, " "), " "));
        return match.Success && decimal.TryParse(match.Groups[1].Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static string? Quoted(string text) => Quotes().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    private static string? First(Regex pattern, string text) => pattern.Match(text) is { Success: true } match ? match.Groups[^1].Value.TrimEnd('.', ',', '?', '!') : null;

    [GeneratedRegex(@"([A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})")]
    private static partial Regex Email();

    [GeneratedRegex(@"\b(\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?)\b(?!-)")]
    private static partial Regex Date();

    [GeneratedRegex(@"(https?://\S+)")]
    private static partial Regex Url();

    [GeneratedRegex(@"(#?\b[A-Z]{1,8}[-_][A-Z0-9][A-Z0-9_-]*\b|#[A-Za-z0-9][\w-]*|\b[A-Z]{1,5}\d[\w-]*|\b\d{4,}\b)")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"(?<![\w-])[$€£]?\s?(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)(?![\w-])")]
    private static partial Regex Amount();

    [GeneratedRegex(@"\b(?:in|at|for|to|near|from|of|called|named)\s+((?:[A-Z][\w'’-]*)(?:\s+[A-Z][\w'’-]*)*)")]
    private static partial Regex Place();

    [GeneratedRegex(@"[""“'‘`]([^""”'’`]{1,200})[""”'’`]")]
    private static partial Regex Quotes();

    [GeneratedRegex(@"(^|_)(id|number|no|code|ref|reference|invoice|order|ticket|account|key)$|id$|number$|invoice|ticket")]
    private static partial Regex Identifies();

    [GeneratedRegex(@"city|location|place|country|name|recipient|customer|person|to$")]
    private static partial Regex Placed();

    [GeneratedRegex(@"\b(?:it|that one|this one|that|this|them)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Pointer();

    [GeneratedRegex(@"\b(no|not|don't|never|without|false|off|disable)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Negation();
}
