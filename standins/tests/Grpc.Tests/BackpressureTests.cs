using Google.Protobuf;
using Grpc.Tests.Probes;

namespace Grpc.Tests;

public sealed class BackpressureTests
{
    private const int Chunk = 64 * 1024;
    private const int Chunks = 1024;

    private static CancellationToken Token => TestLimits.Token;

    [Fact]
    public async Task Server_WritingToASlowReader_Waits()
    {
        var progress = new WriteProgress();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Count = (_, responses, _) => progress.WriteAllAsync(responses));

        using var call = host.Client.Count(new Number(), cancellationToken: Token);
        await progress.Stalled.WaitAsync(Token);
        var writtenUnread = progress.Written;
        var received = 0;
        while (await call.ResponseStream.MoveNext(Token))
            received++;

        writtenUnread.ShouldBeLessThan(Chunks / 2);
        received.ShouldBe(Chunks);
    }

    [Fact]
    public async Task Client_WritingToASlowReader_Waits()
    {
        var read = new TaskCompletionSource();
        var progress = new WriteProgress();
        await using var host = await ProbeHost.StartAsync(behaviour => behaviour.Sum = async (requests, context) =>
        {
            await read.Task.WaitAsync(context.CancellationToken);
            var count = 0;
            await foreach (var _ in requests.ReadAllAsync(context.CancellationToken))
                count++;
            return new Number { Value = count };
        });

        using var call = host.Client.Sum(cancellationToken: Token);
        var writing = progress.WriteAllAsync(call.RequestStream);
        await progress.Stalled.WaitAsync(Token);
        var writtenUnread = progress.Written;
        read.SetResult();
        await writing;
        await call.RequestStream.CompleteAsync();

        writtenUnread.ShouldBeLessThan(Chunks / 2);
        (await call).Value.ShouldBe(Chunks);
    }

    /// <summary>Writes as fast as it may, and tells when a write does not complete by itself.</summary>
    private sealed class WriteProgress
    {
        // A write that flow control holds back stays incomplete for as long as nobody reads; one that is merely on its
        // way through the sockets completes well within this.
        private static readonly TimeSpan s_stall = TimeSpan.FromSeconds(1);

        private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _written;

        public Task Stalled => _stalled.Task;

        public int Written => Volatile.Read(ref _written);

        public async Task WriteAllAsync(IAsyncStreamWriter<Number> stream)
        {
            var chunk = new Number { Padding = ByteString.CopyFrom(new byte[Chunk]) };
            for (var i = 0; i < Chunks; i++)
            {
                var write = stream.WriteAsync(chunk);
                if (await Task.WhenAny(write, Task.Delay(s_stall)) != write)
                    _stalled.TrySetResult();
                await write;
                Interlocked.Increment(ref _written);
            }

            _stalled.TrySetResult();
        }
    }
}
