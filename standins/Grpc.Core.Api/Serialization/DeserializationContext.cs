using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller takes the bytes of a message from; they are valid only during the call.</summary>
public abstract class DeserializationContext
{
    public abstract int PayloadLength { get; }

    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
