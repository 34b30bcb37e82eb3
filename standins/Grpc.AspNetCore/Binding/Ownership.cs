namespace Grpc.AspNetCore.Server;

/// <summary>Disposes what was made for one call.</summary>
internal static class Ownership
{
    public static ValueTask DisposeAsync(object instance)
    {
        if (instance is IAsyncDisposable asyncDisposable)
            return asyncDisposable.DisposeAsync();

        (instance as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }
}
