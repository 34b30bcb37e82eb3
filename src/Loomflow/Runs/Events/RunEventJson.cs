using System.Text.Json;

namespace Loomflow;

/// <summary>Events as JSON: the form in which they are journaled, sent between services and shown.</summary>
public static class RunEventJson
{
    /// <summary>Writes an event. The run that it belongs to is not part of it.</summary>
    /// <exception cref="PayloadException">A payload of the event cannot be written as JSON.</exception>
    public static byte[] Write(RunEvent runEvent)
    {
        ArgumentNullException.ThrowIfNull(runEvent);
        return JsonSerializer.SerializeToUtf8Bytes(runEvent, PayloadSerializer.Options);
    }

    /// <summary>Reads an event. The kind comes from a closed list; payloads stay JSON until a step wants them as its own type.</summary>
    /// <exception cref="PayloadException">The text is not an event.</exception>
    public static RunEvent Read(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            return JsonSerializer.Deserialize<RunEvent>(utf8Json, PayloadSerializer.Options) ?? throw new PayloadException("A run event cannot be null.");
        }
        catch (Exception malformed) when (malformed is JsonException or NotSupportedException)
        {
            throw new PayloadException($"Not a run event: {malformed.Message}", malformed);
        }
    }
}
