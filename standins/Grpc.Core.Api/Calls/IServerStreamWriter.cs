namespace Grpc.Core;

/// <summary>The server's messages.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
