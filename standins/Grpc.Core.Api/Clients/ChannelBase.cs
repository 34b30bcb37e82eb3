using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>The way to a server.</summary>
public abstract class ChannelBase
{
    private int _shutdown;

    protected ChannelBase(string target) => Target = GrpcPreconditions.CheckNotNull(target, nameof(target));

    public string Target { get; }

    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the channel, once.</summary>
    public Task ShutdownAsync()
    {
        GrpcPreconditions.CheckState(Interlocked.Exchange(ref _shutdown, 1) == 0, "The channel was shut down before.");
        return ShutdownAsyncCore();
    }

    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
