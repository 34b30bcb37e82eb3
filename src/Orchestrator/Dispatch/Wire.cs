using System.Text.Json;
using Google.Protobuf;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>What messages carry as JSON.</summary>
internal static class Wire
{
    public static ByteString Write<T>(T value) => UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(value, PayloadSerializer.Options));

    /// <exception cref="PayloadException">It is not a <typeparamref name="T"/>.</exception>
    public static T Read<T>(ByteString json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json.Span, PayloadSerializer.Options) ?? throw new PayloadException($"A {typeof(T).Name} cannot be null.");
        }
        catch (JsonException malformed)
        {
            throw new PayloadException($"Not a {typeof(T).Name}: {malformed.Message}", malformed);
        }
    }
}
