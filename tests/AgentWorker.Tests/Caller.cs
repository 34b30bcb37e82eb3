using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests;

/// <summary>An orchestrator with one execution, on a stream of its own, by hand.</summary>
internal sealed class Caller : IAsyncDisposable
{
    private const long Number = 1;

    private readonly OpenStream _stream;

    private Caller(OpenStream stream) => _stream = stream;

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
        var caller = new Caller(await OpenStream.OpenAsync(worker));
        await caller.SayAsync(new Instruction { Start = start });
        return caller;
    }

    public Task SayAsync(Instruction instruction)
    {
        instruction.Execution = Number;
        return _stream.SayAsync(instruction);
    }

    public Task AcknowledgeAsync(long number) => SayAsync(new Instruction { Acknowledged = number });

    public Task AnswerAsync(string approvalId, ApprovalDecision decision) => SayAsync(new Instruction
    {
        Answer = new ApprovalAnswer { ApprovalId = approvalId, Decision = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(decision, PayloadSerializer.Options)) },
    });

    /// <summary>The next thing that the worker says about the execution.</summary>
    public Task<Report> NextAsync() => _stream.NextOfAnAsync();

    /// <summary>The next thing that it says, which may be that it is alive.</summary>
    public Task<Report> NextOfAnyKindAsync() => _stream.NextAsync();

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

    /// <summary>Why the worker has, or goes on with, no execution for this orchestrator.</summary>
    public async Task<Status> RefusalAsync()
    {
        while (true)
        {
            var report = await NextAsync();
            if (report.Refusal is { } refusal) return new Status((StatusCode)refusal.Code, refusal.Reason);
            if (report.Result is not null) return Status.DefaultSuccess;
        }
    }

    /// <summary>Cuts the stream, as a lost connection does.</summary>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
