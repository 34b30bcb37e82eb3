using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Protocol;

namespace Grpc.AspNetCore.Server;

/// <summary>Takes messages off the request body, in place.</summary>
internal static class MessagePipe
{
    private static readonly Status s_additional = new(StatusCode.Internal, "Additional data after the message received.");
    private static readonly Status s_incomplete = new(StatusCode.Internal, "Incomplete message.");

    /// <summary>The only message of the request.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<T> ReadSingleAsync<T>(this PipeReader reader, ServerCall call, Func<DeserializationContext, T> deserializer)
        where T : class
    {
        T? message = null;
        while (true)
        {
            var result = await reader.ReadAsync();
            var buffer = result.Buffer;
            try
            {
                if (message is null && MessageFrame.TryRead(ref buffer, call.Options.MaxReceiveMessageSize, out var bytes, out var compressed))
                    message = call.Deserialize(bytes, compressed, deserializer);
                if (message is not null && !buffer.IsEmpty)
                    throw new RpcException(s_additional);
                if (result.IsCompleted)
                    return message ?? throw new RpcException(s_incomplete);
            }
            finally
            {
                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
    }

    /// <summary>The next message, or null at the end of the request.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<T?> ReadNextAsync<T>(this PipeReader reader, ServerCall call, Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var examined = buffer.End;
            try
            {
                if (MessageFrame.TryRead(ref buffer, call.Options.MaxReceiveMessageSize, out var bytes, out var compressed))
                {
                    // What follows may be another message already: it has not been looked at.
                    examined = buffer.Start;
                    return call.Deserialize(bytes, compressed, deserializer);
                }

                if (result.IsCompleted)
                    return buffer.IsEmpty ? null : throw new RpcException(s_incomplete);
            }
            finally
            {
                reader.AdvanceTo(buffer.Start, examined);
            }
        }
    }
}
