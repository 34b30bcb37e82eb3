using System.Threading.Channels;
using Google.Protobuf;

namespace Loomflow.V1;

/// <summary>
/// What one side of a stream has to say, and its one writer. Whatever is added while a message is being written goes into the next one
/// together: an idle stream sends everything at once, a busy one sends much in few messages. A thing that is too large to share has a message of its own.
/// </summary>
public sealed class BatchWriter<T>
    where T : class, IMessage
{
    /// <summary>Larger messages would gain nothing.</summary>
    private const int LargeBatch = 64 * 1024;

    /// <summary>What a thing has around it in a message, and more.</summary>
    private const int Envelope = 64;

    private readonly Channel<T> _queue = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true });
    private volatile int _maxItemBytes = LargeBatch;

    /// <summary>The largest thing that the other side takes, in bytes.</summary>
    public int MaxItemBytes => _maxItemBytes;

    /// <summary>Keeps to what the other side has said that it takes.</summary>
    public void KeepTo(int maxMessageBytes) => _maxItemBytes = maxMessageBytes - Envelope;

    /// <summary>Puts something at the end of the queue. Nothing happens after <see cref="Complete"/>.</summary>
    public void Add(T item) => _queue.Writer.TryWrite(item);

    /// <summary>Nothing comes after what is in the queue.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Writes until everything before <see cref="Complete"/> is written, or a write fails.</summary>
    /// <param name="writeAsync">Writes one message; the list is used again afterwards.</param>
    public async Task RunAsync(Func<IReadOnlyList<T>, Task> writeAsync)
    {
        ArgumentNullException.ThrowIfNull(writeAsync);
        var batch = new List<T>();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var bytes = 0;
            while (_queue.Reader.TryPeek(out var next))
            {
                bytes += next.CalculateSize() + Envelope;
                if (batch.Count > 0 && bytes > Math.Min(LargeBatch, _maxItemBytes)) break;
                _queue.Reader.TryRead(out _);
                batch.Add(next);
            }

            await writeAsync(batch).ConfigureAwait(false);
            batch.Clear();
        }
    }
}
