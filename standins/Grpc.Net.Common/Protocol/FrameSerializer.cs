using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Net.Protocol;

/// <summary>
/// Frames one message after another into an output. A message of known length that is not compressed goes straight
/// there; any other is gathered first, because its length precedes it.
/// </summary>
internal sealed class FrameSerializer(int? limit, CompressionLevel? compressionLevel) : SerializationContext
{
    private ArrayBufferWriter<byte>? _gathered;
    private IBufferWriter<byte> _output = null!;
    private ICompressionProvider? _compression;
    private int? _length;
    private Progress _progress;

    private enum Progress
    {
        Started,
        Direct,
        Gathering,
        Complete,
    }

    public void Write<T>(T message, Action<T, SerializationContext> serializer, IBufferWriter<byte> output, ICompressionProvider? compression)
    {
        _output = output;
        _compression = compression;
        _length = null;
        _progress = Progress.Started;
        _gathered?.ResetWrittenCount();

        serializer(message, this);

        if (_progress != Progress.Complete)
            throw new InvalidOperationException("The marshaller did not complete the message: call SerializationContext.Complete.");
    }

    public override void SetPayloadLength(int payloadLength)
    {
        Expect(_progress == Progress.Started);
        _length = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_progress == Progress.Started)
        {
            if (_compression is null && _length is { } length)
            {
                WriteHeader(length, compressed: false);
                _progress = Progress.Direct;
            }
            else
            {
                _gathered ??= new ArrayBufferWriter<byte>();
                _progress = Progress.Gathering;
            }
        }

        Expect(_progress != Progress.Complete);
        return _progress == Progress.Direct ? _output : _gathered!;
    }

    public override void Complete()
    {
        Expect(_progress is Progress.Direct or Progress.Gathering);
        if (_progress == Progress.Gathering)
            WriteWhole(_gathered!.WrittenMemory);
        _progress = Progress.Complete;
    }

    public override void Complete(byte[] payload)
    {
        Expect(_progress == Progress.Started);
        WriteWhole(payload);
        _progress = Progress.Complete;
    }

    private void WriteWhole(ReadOnlyMemory<byte> payload)
    {
        CheckLength(payload.Length);
        if (_compression is not null)
            payload = Compressions.Compress(_compression, payload, compressionLevel);

        WriteHeader(payload.Length, compressed: _compression is not null);
        _output.Write(payload.Span);
    }

    private void WriteHeader(int length, bool compressed)
    {
        if (!compressed)
            CheckLength(length);

        MessageFrame.WriteHeader(_output.GetSpan(MessageFrame.HeaderSize), length, compressed);
        _output.Advance(MessageFrame.HeaderSize);
    }

    private void CheckLength(int length)
    {
        if (length > limit)
            throw new RpcException(MessageFrame.TooLargeToSend);
    }

    private void Expect(bool condition)
    {
        if (!condition)
            throw new InvalidOperationException($"Not valid in the current state: {_progress}");
    }
}
