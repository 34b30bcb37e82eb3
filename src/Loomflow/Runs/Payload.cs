using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loomflow;

/// <summary>
/// A value that travels between steps: a live object inside a process, JSON once it has crossed a process boundary or a
/// journal. Decoding always names the wanted type, which comes from the definition; no type name ever comes with the data.
/// </summary>
[JsonConverter(typeof(PayloadConverter))]
public readonly struct Payload : IEquatable<Payload>
{
    private readonly object? _value;

    private Payload(object? value) => _value = value;

    /// <summary>The absent value, <c>null</c> in JSON.</summary>
    public static Payload Null => default;

    /// <summary>Whether the value is absent.</summary>
    public bool IsNull => _value is null;

    /// <summary>Whether the value is held as JSON rather than as an object.</summary>
    public bool IsEncoded => _value is EncodedPayload;

    /// <summary>Wraps a live value. A payload is returned as it is.</summary>
    public static Payload Of(object? value) => value is Payload payload ? payload : new Payload(value);

    /// <summary>Wraps UTF-8 JSON. The bytes must be one valid JSON value; <c>null</c> gives <see cref="Null"/>.</summary>
    public static Payload FromJson(ReadOnlyMemory<byte> utf8Json) =>
        utf8Json.Span is [] or [(byte)'n', ..] ? Null : new Payload(new EncodedPayload(utf8Json));

    /// <summary>The value as a <typeparamref name="T"/>, decoded if needed.</summary>
    /// <exception cref="PayloadException">The value cannot be read as <typeparamref name="T"/>.</exception>
    public T? As<T>() => (T?)As(typeof(T));

    /// <summary>The value as <paramref name="type"/>, decoded if needed; <see cref="object"/> decodes to <see cref="JsonElement"/> or a string, number or boolean.</summary>
    /// <exception cref="PayloadException">The value cannot be read as <paramref name="type"/>.</exception>
    public object? As(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (_value is null) return null;
        if (_value is EncodedPayload encoded) return PayloadSerializer.Decode(encoded.Utf8Json, type);
        if (type.IsInstanceOfType(_value)) return _value;

        // What was read without a known type (a number as long, say) is read again as what is wanted.
        if (_value is JsonElement or string or long or double or bool) return PayloadSerializer.Decode(PayloadSerializer.Encode(_value), type);
        throw new PayloadException($"A value of type {_value.GetType().Name} cannot be used as {type.Name}.");
    }

    /// <summary>The value as UTF-8 JSON.</summary>
    /// <exception cref="PayloadException">The value cannot be written as JSON.</exception>
    public ReadOnlyMemory<byte> ToJson() =>
        _value is EncodedPayload encoded ? encoded.Utf8Json : PayloadSerializer.Encode(_value);

    /// <summary>The value as text for people: a string as it is, everything else as JSON.</summary>
    public override string ToString() => _value switch
    {
        null => "",
        string text => text,
        EncodedPayload encoded => PayloadSerializer.ToText(encoded.Utf8Json),
        _ => PayloadSerializer.ToText(PayloadSerializer.Encode(_value)),
    };

    /// <inheritdoc />
    public bool Equals(Payload other) => ReferenceEquals(_value, other._value) || ToJson().Span.SequenceEqual(other.ToJson().Span);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is Payload other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(ToJson().Span);
        return hash.ToHashCode();
    }

    /// <summary>Whether both hold the same value, compared as JSON.</summary>
    public static bool operator ==(Payload left, Payload right) => left.Equals(right);

    /// <summary>Whether the two hold different values, compared as JSON.</summary>
    public static bool operator !=(Payload left, Payload right) => !left.Equals(right);

    private sealed record EncodedPayload(ReadOnlyMemory<byte> Utf8Json);
}
