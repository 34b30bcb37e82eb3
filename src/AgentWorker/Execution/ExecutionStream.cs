using System.Threading.Channels;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>What is on its way to one orchestrator that is attached to an execution.</summary>
internal sealed class ExecutionStream
{
    private const int DeltasUnderWay = 64;

    private static readonly ExecuteReply s_heartbeat = new() { Heartbeat = new Heartbeat() };

    private readonly Channel<ExecuteReply> _replies = Channel.CreateUnbounded<ExecuteReply>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _deltas = new(DeltasUnderWay);
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Cancelled when another orchestrator has attached, or this one has left.</summary>
    public CancellationToken Closed => _closed.Token;

    public IAsyncEnumerable<ExecuteReply> ReadAllAsync(CancellationToken cancellationToken) => _replies.Reader.ReadAllAsync(cancellationToken);

    public void Send(ExecuteReply reply) => _replies.Writer.TryWrite(reply);

    public void SendHeartbeat()
    {
        if (!_replies.Reader.TryPeek(out _)) Send(s_heartbeat);
    }

    /// <summary>The last reply; the stream ends after it.</summary>
    public void Finish(ExecuteReply result)
    {
        Send(result);
        _replies.Writer.TryComplete();
    }

    /// <summary>Sends a piece of text, no faster than the orchestrator takes them; drops it when the orchestrator has left.</summary>
    public async ValueTask SendDeltaAsync(TextDelta delta, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        try
        {
            await _deltas.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }

        Send(new ExecuteReply { Delta = new TextPiece { Path = delta.Path, Text = delta.Text } });
    }

    public void DeltaSent() => _deltas.Release();

    public void Close()
    {
        // In this order: whoever sees that the stream has ended must see why.
        _closed.Cancel();
        _replies.Writer.TryComplete();
    }
}
