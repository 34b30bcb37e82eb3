using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests;

/// <summary>An orchestrator's side of one stream, by hand.</summary>
internal sealed class Caller : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<ExecuteRequest, ExecuteReply> _call;

    private Caller(AsyncDuplexStreamingCall<ExecuteRequest, ExecuteReply> call) => _call = call;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static StartExecution Start(string step, object? input, string? runId = null, params RunEvent[] history)
    {
        var start = new StartExecution
        {
            Run = new RunReference { RunId = runId ?? RunIdentity.NewRunId(), Name = "test", Partition = PartitionKey.Named("alice").Encode(), SessionId = "sess_1" },
            Step = step,
            Path = "node",
            Visit = 1,
            Attempt = 1,
            Input = ByteString.CopyFrom(Payload.Of(input).ToJson().Span),
        };
        start.History.AddRange(history.Select(runEvent => ByteString.CopyFrom(RunEventJson.Write(runEvent))));
        return start;
    }

    public static async Task<Caller> AttachAsync(TestWorker worker, StartExecution start)
    {
        var caller = new Caller(worker.Client.Execute(cancellationToken: Cancellation));
        await caller.SendAsync(new ExecuteRequest { Start = start });
        return caller;
    }

    public Task SendAsync(ExecuteRequest request) => _call.RequestStream.WriteAsync(request, Cancellation);

    public Task AcknowledgeAsync(long number) => SendAsync(new ExecuteRequest { Acknowledged = number });

    public Task AnswerAsync(string approvalId, ApprovalDecision decision) => SendAsync(new ExecuteRequest
    {
        Answer = new ApprovalAnswer { ApprovalId = approvalId, Decision = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(decision, PayloadSerializer.Options)) },
    });

    /// <summary>The next message that is not a heartbeat.</summary>
    public async Task<ExecuteReply> NextAsync()
    {
        while (true)
        {
            if (!await _call.ResponseStream.MoveNext(Cancellation)) throw new InvalidOperationException("The stream has ended.");
            if (_call.ResponseStream.Current.Heartbeat is null) return _call.ResponseStream.Current;
        }
    }

    public async Task<ExecuteReply> NextOfAnyKindAsync() =>
        await _call.ResponseStream.MoveNext(Cancellation) ? _call.ResponseStream.Current : throw new InvalidOperationException("The stream has ended.");

    /// <summary>The next event, as it would be in a journal.</summary>
    public async Task<(long Number, RunEvent Event)> NextEventAsync()
    {
        var reply = await NextAsync();
        reply.Event.ShouldNotBeNull(reply.ToString());
        return (reply.Event.Number, RunEventJson.Read(reply.Event.Event.Span));
    }

    public async Task<ExecutionResult> ResultAsync()
    {
        var reply = await NextAsync();
        reply.Result.ShouldNotBeNull(reply.ToString());
        return reply.Result;
    }

    /// <summary>The status that the worker ends the stream with.</summary>
    public async Task<Status> RefusalAsync()
    {
        while (true)
        {
            try
            {
                if (!await _call.ResponseStream.MoveNext(Cancellation)) return _call.GetStatus();
            }
            catch (RpcException refused)
            {
                return refused.Status;
            }
        }
    }

    /// <summary>Cuts the stream, as a lost connection does.</summary>
    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        return ValueTask.CompletedTask;
    }
}
