namespace Grpc.Core;

/// <summary>Hints for a write.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>More follows: the message may wait in the buffer.</summary>
    BufferHint = 0x1,

    /// <summary>Leave this message uncompressed.</summary>
    NoCompress = 0x2,
}
