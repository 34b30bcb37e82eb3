using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Loomflow.V1;

namespace Loomflow.Aspire.EndToEnd.Tests.Delivery;

/// <summary>A caller that speaks to a worker as an orchestrator does, with a credential as one has.</summary>
internal sealed class DirectStream : IAsyncDisposable
{
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<ExecuteRequest, ExecuteReply> _call;
    private long _number;

    private DirectStream(ServiceProcess worker, string token)
    {
        _channel = GrpcChannel.ForAddress(worker.Grpc);
        _call = new AgentWorker.AgentWorkerClient(_channel).Execute(new Metadata { { "authorization", $"Bearer {token}" } }, cancellationToken: Cancelled);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<DirectStream> OpenAsync(ServiceProcess worker, string token)
    {
        var stream = new DirectStream(worker, token);
        await stream.SayAsync(new Instruction { Opening = new Opening { MaxMessageBytes = 1024 * 1024, WindowBytes = 64 * 1024 } });
        return stream;
    }

    /// <summary>The first visit of a step without a past.</summary>
    public static StartExecution Start(string runId, string user, string step, string input) => new()
    {
        Run = new RunReference { RunId = runId, RootRunId = runId, Name = "delivery", Partition = PartitionKey.Named(user).Encode(), SessionId = "sess_1" },
        Step = step,
        Path = step,
        Visit = 1,
        Attempt = 1,
        Input = ByteString.CopyFrom(Payload.Of(input).ToJson().Span),
    };

    /// <summary>Delivers a start.</summary>
    /// <returns>What the worker says about it in the end: a result, or a refusal.</returns>
    public async Task<Task<Report>> DeliverAsync(StartExecution start)
    {
        var number = ++_number;
        await SayAsync(new Instruction { Execution = number, Start = start });
        return LastWordAsync(number);
    }

    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task SayAsync(Instruction instruction) => _call.RequestStream.WriteAsync(new ExecuteRequest { Instructions = { instruction } }, Cancelled);

    private async Task<Report> LastWordAsync(long number)
    {
        while (await _call.ResponseStream.MoveNext(Cancelled))
        {
            if (_call.ResponseStream.Current.Reports.FirstOrDefault(report => report.Execution == number && (report.Result ?? (object?)report.Refusal) is not null) is { } last) return last;
        }

        throw new InvalidOperationException("The worker has ended the stream.");
    }
}
