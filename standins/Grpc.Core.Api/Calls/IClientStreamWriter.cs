namespace Grpc.Core;

/// <summary>The client's messages. <see cref="CompleteAsync"/> half-closes the call.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    Task CompleteAsync();
}
