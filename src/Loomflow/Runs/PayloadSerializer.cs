using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Loomflow;

/// <summary>The one way in which values become JSON and come back.</summary>
public static class PayloadSerializer
{
    /// <summary>camelCase names, enums as text, numbers also from strings, depth at most 64.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    internal static ReadOnlyMemory<byte> Encode(object? value)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(value, value?.GetType() ?? typeof(object), Options);
        }
        catch (Exception failure) when (failure is NotSupportedException or JsonException or InvalidOperationException)
        {
            throw new PayloadException($"A value of type {value?.GetType()} cannot be written as JSON: {failure.Message}", failure);
        }
    }

    internal static object? Decode(ReadOnlyMemory<byte> utf8Json, Type type)
    {
        try
        {
            return type == typeof(object) ? DecodeUntyped(utf8Json) : JsonSerializer.Deserialize(utf8Json.Span, type, Options);
        }
        catch (Exception failure) when (failure is NotSupportedException or JsonException or InvalidOperationException)
        {
            throw new PayloadException($"The JSON cannot be read as {type.Name}: {failure.Message}", failure);
        }
    }

    internal static string ToText(ReadOnlyMemory<byte> utf8Json)
    {
        using var document = JsonDocument.Parse(utf8Json);
        return document.RootElement.ValueKind == JsonValueKind.String ? document.RootElement.GetString()! : document.RootElement.GetRawText();
    }

    // Most events have consumed nothing, and would say so at length.
    private static void OmitNoUsage(JsonTypeInfo type)
    {
        if (!typeof(RunEvent).IsAssignableFrom(type.Type)) return;
        foreach (var property in type.Properties)
        {
            if (property.PropertyType == typeof(Usage)) property.ShouldSerialize = static (_, usage) => usage is not null && !Usage.None.Equals(usage);
        }
    }

    private static object? DecodeUntyped(ReadOnlyMemory<byte> utf8Json)
    {
        using var document = JsonDocument.Parse(utf8Json);
        var root = document.RootElement;
        return root.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => root.GetString(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => root.TryGetInt64(out var whole) ? whole : root.GetDouble(),
            _ => root.Clone(),
        };
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            // Journals and audit payloads are never put into HTML as they are.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            MaxDepth = 64,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        };
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { OmitNoUsage } };
        options.MakeReadOnly();
        return options;
    }
}
