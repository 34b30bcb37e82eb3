using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loomflow;

/// <summary>Writes a partition as its encoded text.</summary>
internal sealed class PartitionKeyConverter : JsonConverter<PartitionKey>
{
    public override PartitionKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return PartitionKey.Decode(reader.GetString() ?? "");
        }
        catch (FormatException malformed)
        {
            throw new JsonException(malformed.Message, malformed);
        }
    }

    public override void Write(Utf8JsonWriter writer, PartitionKey value, JsonSerializerOptions options) => writer.WriteStringValue(value.Encode());
}
