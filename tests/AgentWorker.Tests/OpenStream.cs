using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests;

/// <summary>An orchestrator's side of one stream, by hand.</summary>
internal sealed class OpenStream : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<ExecuteRequest, ExecuteReply> _call;
    private readonly Queue<Report> _received = new();

    private OpenStream(AsyncDuplexStreamingCall<ExecuteRequest, ExecuteReply> call) => _call = call;

    public Welcome Welcome { get; private set; } = null!;

    /// <summary>The worker's clock when it last said something.</summary>
    public long Clock => _call.ResponseStream.Current.Clock;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<OpenStream> OpenAsync(TestWorker worker, int windowBytes = 64 * 1024, int maxMessageBytes = 4 * 1024 * 1024, Metadata? headers = null, TimeSpan? startsWithin = null)
    {
        var stream = new OpenStream(worker.Client.Execute(headers, cancellationToken: Cancellation));
        await stream.SayAsync(new Instruction { Opening = new Opening { MaxMessageBytes = maxMessageBytes, WindowBytes = windowBytes, StartsWithin = startsWithin?.ToDuration() } });
        var first = await stream.NextAsync();
        first.Welcome.ShouldNotBeNull(first.ToString());
        stream.Welcome = first.Welcome;
        return stream;
    }

    public Task SayAsync(params Instruction[] instructions) => _call.RequestStream.WriteAsync(new ExecuteRequest { Instructions = { instructions } }, Cancellation);

    /// <summary>Ends this side of the stream, as an orchestrator does that waits for nothing any more.</summary>
    public Task CompleteAsync() => _call.RequestStream.CompleteAsync();

    /// <summary>The next thing that the worker says, whatever it is.</summary>
    /// <exception cref="InvalidOperationException">The worker has ended the stream.</exception>
    public async Task<Report> NextAsync()
    {
        while (_received.Count == 0)
        {
            if (!await _call.ResponseStream.MoveNext(Cancellation)) throw new InvalidOperationException("The stream has ended.");
            foreach (var report in _call.ResponseStream.Current.Reports) _received.Enqueue(report);
        }

        return _received.Dequeue();
    }

    /// <summary>The next thing that it says about an execution.</summary>
    public async Task<Report> NextOfAnAsync()
    {
        while (true)
        {
            if (await NextAsync() is { Execution: > 0 } report) return report;
        }
    }

    /// <summary>Everything up to the end of the stream.</summary>
    public async Task<IReadOnlyList<Report>> RestAsync()
    {
        var rest = _received.ToList();
        while (await _call.ResponseStream.MoveNext(Cancellation)) rest.AddRange(_call.ResponseStream.Current.Reports);
        return rest;
    }

    /// <summary>Cuts the stream, as a lost connection does.</summary>
    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        return ValueTask.CompletedTask;
    }
}
