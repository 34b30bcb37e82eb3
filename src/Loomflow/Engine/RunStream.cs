using System.Threading.Channels;

namespace Loomflow;

/// <summary>
/// Shows a run to one consumer through a bounded buffer. The run works in a task of its own, so the consumer never sees the
/// run's ambient context; a slow consumer slows the run; a consumer that leaves cancels it.
/// </summary>
internal sealed class RunStream
{
    internal const int Capacity = 128;

    private readonly CancellationTokenSource _abandoned = new();
    private readonly Channel<RunUpdate> _updates = Channel.CreateBounded<RunUpdate>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    private RunStream()
    {
    }

    /// <summary>Runs <paramref name="run"/> and yields what it writes. Its exception, if any, comes after the last update.</summary>
    public static async IAsyncEnumerable<RunUpdate> Of(
        Func<RunStream, CancellationToken, Task> run,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = new RunStream();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = Task.Run(() => stream.RunAsync(run, cancel.Token), CancellationToken.None);
        try
        {
            // A cancelled run still writes its terminal event, so reading does not stop with the caller's token.
            await foreach (var update in stream._updates.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return update;
            }
        }
        finally
        {
            if (!work.IsCompleted)
            {
                await stream._abandoned.CancelAsync().ConfigureAwait(false);
                await cancel.CancelAsync().ConfigureAwait(false);
                await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            stream._abandoned.Dispose();
        }

        await work.ConfigureAwait(false);
    }

    /// <summary>Hands an update to the consumer, waiting for room; does nothing once the consumer has left.</summary>
    public async ValueTask WriteAsync(RunUpdate update)
    {
        if (_updates.Writer.TryWrite(update)) return;
        try
        {
            await _updates.Writer.WriteAsync(update, _abandoned.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The consumer has left; the run is being cancelled.
        }
    }

    private async Task RunAsync(Func<RunStream, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            await run(this, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _updates.Writer.Complete();
        }
    }
}
