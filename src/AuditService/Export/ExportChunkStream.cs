using Google.Protobuf;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.AuditService.Export;

/// <summary>Writes a stream as messages.</summary>
/// <param name="messages">Where they go.</param>
/// <param name="left">Cancelled when the caller has left.</param>
internal sealed class ExportChunkStream(IServerStreamWriter<ExportChunk> messages, CancellationToken left) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await messages.WriteAsync(new ExportChunk { Data = ByteString.CopyFrom(buffer.Span) }, cancellationToken);
        }
        catch (InvalidOperationException) when (left.IsCancellationRequested)
        {
            throw new OperationCanceledException(left);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only written asynchronously.");

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
