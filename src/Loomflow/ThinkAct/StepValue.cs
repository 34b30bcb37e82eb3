using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow.ThinkAct;

/// <summary>Turns a step's result into what the next step takes: text as it is or read as JSON, values as they are or as text.</summary>
internal static class StepValue
{
    public static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        ChatResponse response => response.Text,
        _ => Payload.Of(value).ToString(),
    };

    /// <exception cref="PayloadException">The value cannot be read as <paramref name="type"/>.</exception>
    public static object? Convert(object? value, Type type) => value switch
    {
        null => null,
        _ when type.IsInstanceOfType(value) => value,
        _ when type == typeof(string) => Text(value),
        string text => FromText(text, type),
        ChatResponse response => FromText(response.Text, type),
        _ => Payload.FromJson(Payload.Of(value).ToJson()).As(type),
    };

    /// <summary>The JSON in a model's answer: the answer itself, or what is between the first bracket and the last.</summary>
    public static JsonElement? FindJson(string answer)
    {
        if (Parse(answer) is { } whole) return whole;
        var start = answer.IndexOfAny(['{', '[']);
        var end = answer.LastIndexOfAny(['}', ']']);
        return start >= 0 && end > start ? Parse(answer[start..(end + 1)]) : null;
    }

    private static object? FromText(string text, Type type)
    {
        if (FindJson(text) is not { } json) return Payload.FromJson(JsonSerializer.SerializeToUtf8Bytes(text)).As(type);
        return type == typeof(JsonElement) ? json : Payload.FromJson(Encoding.UTF8.GetBytes(json.GetRawText())).As(type);
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
