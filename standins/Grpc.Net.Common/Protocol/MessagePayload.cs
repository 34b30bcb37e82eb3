using System.Buffers;
using Grpc.Core;

namespace Grpc.Net.Protocol;

/// <summary>The bytes of one received message, for its marshaller.</summary>
internal sealed class MessagePayload : DeserializationContext
{
    private ReadOnlySequence<byte> _bytes;

    public override int PayloadLength => (int)_bytes.Length;

    public T Deserialize<T>(ReadOnlySequence<byte> bytes, Func<DeserializationContext, T> deserializer)
    {
        _bytes = bytes;
        try
        {
            return deserializer(this);
        }
        finally
        {
            _bytes = default;
        }
    }

    public override byte[] PayloadAsNewBuffer() => _bytes.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _bytes;
}
