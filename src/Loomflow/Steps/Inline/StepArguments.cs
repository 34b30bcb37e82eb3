using System.ComponentModel;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// The arguments of an inline step, by parameter name, as events show them. An argument that is a resource and not data (a client, a
/// stream, a delegate), or that cannot be written as JSON, is shown by its type.
/// </summary>
/// <param name="names">The parameters.</param>
/// <param name="values">Their values, in the same order.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
[JsonConverter(typeof(Converter))]
public sealed class StepArguments(string[] names, object?[] values)
{
    internal static StepArguments None { get; } = new([], []);

    /// <summary>A hash over names and values: different arguments give different fingerprints.</summary>
    internal string Fingerprint() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this, PayloadSerializer.Options)));

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        for (var i = 0; i < names.Length; i++)
        {
            writer.WritePropertyName(names[i]);
            switch (values[i])
            {
                case null: writer.WriteNullValue(); break;
                case string text: writer.WriteStringValue(text); break;
                case var value: writer.WriteRawValue(Encode(value).Span, skipInputValidation: true); break;
            }
        }

        writer.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Encode(object value)
    {
        try
        {
            return IsResource(value) ? Opaque(value) : Payload.Of(value).ToJson();
        }
        catch (PayloadException)
        {
            return Opaque(value);
        }
    }

    // What works rather than says something. Written out it could show what nobody meant to show, such as a client's credentials.
    private static bool IsResource(object value) =>
        value is Delegate or Step or AITool or IServiceProvider or IAsyncDisposable || (value is IDisposable and not JsonDocument);

    private static ReadOnlyMemory<byte> Opaque(object value) => Payload.Of($"({value.GetType().Name})").ToJson();

    private sealed class Converter : JsonConverter<StepArguments>
    {
        public override StepArguments Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Arguments are written for events and never read back.");

        public override void Write(Utf8JsonWriter writer, StepArguments value, JsonSerializerOptions options) => value.Write(writer);
    }
}
