using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>The messages of a turn. Written as Microsoft.Extensions.AI writes them, and only where a journal needs it.</summary>
[JsonConverter(typeof(Converter))]
internal sealed class TurnMessages(IReadOnlyList<ChatMessage> messages)
{
    public IReadOnlyList<ChatMessage> Messages { get; } = messages;

    internal sealed class Converter : JsonConverter<TurnMessages>
    {
        public override TurnMessages Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonSerializer.Deserialize<List<ChatMessage>>(ref reader, AIJsonUtilities.DefaultOptions) ?? []);

        public override void Write(Utf8JsonWriter writer, TurnMessages value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Messages, AIJsonUtilities.DefaultOptions);
    }
}
