using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loomflow;

/// <summary>Writes a payload as the JSON that it holds and keeps what it reads as JSON, undecoded.</summary>
internal sealed class PayloadConverter : JsonConverter<Payload>
{
    public override bool HandleNull => true;

    public override Payload Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null) return Payload.Null;
        using var document = JsonDocument.ParseValue(ref reader);
        return Payload.FromJson(JsonSerializer.SerializeToUtf8Bytes(document.RootElement, options));
    }

    public override void Write(Utf8JsonWriter writer, Payload value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.ToJson().Span, skipInputValidation: true);
}
