using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Tests.Dispatch;

/// <summary>A worker's side of one stream, by hand.</summary>
internal sealed class ScriptedStream(IServerStreamWriter<ExecuteReply> replies)
{
    private readonly Channel<Instruction> _said = Channel.CreateUnbounded<Instruction>();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the orchestrator has ended its side.</summary>
    public Task Completed => _completed.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    /// <summary>What the worker's clock says.</summary>
    public long Clock { get; set; }

    public bool IsCompleted => _completed.Task.IsCompleted;

    public async Task RunAsync(IAsyncStreamReader<ExecuteRequest> requests, CancellationToken cancellationToken)
    {
        while (await requests.MoveNext(cancellationToken))
        {
            foreach (var instruction in requests.Current.Instructions)
            {
                if (instruction.Opening is null) await _said.Writer.WriteAsync(instruction, cancellationToken);
            }
        }

        _completed.SetResult();
    }

    public async Task SayAsync(params Report[] reports)
    {
        await _writing.WaitAsync();
        try
        {
            await replies.WriteAsync(new ExecuteReply { Reports = { reports }, Clock = Clock });
        }
        finally
        {
            _writing.Release();
        }
    }

    public Task SayResultAsync(long execution, object? output) =>
        SayAsync(new Report { Execution = execution, Result = new ExecutionResult { Output = ByteString.CopyFrom(Payload.Of(output).ToJson().Span) } });

    public Task SayEventAsync(long execution, long number, RunEvent runEvent) =>
        SayAsync(new Report { Execution = execution, Event = new NumberedEvent { Number = number, Event = ByteString.CopyFrom(RunEventJson.Write(runEvent)) } });

    /// <summary>The next thing that the orchestrator says.</summary>
    public ValueTask<Instruction> NextAsync() => _said.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>The next step that it begins: its number and its input.</summary>
    public async Task<(long Number, string Input)> StartedAsync()
    {
        var instruction = await NextAsync();
        instruction.Start.ShouldNotBeNull(instruction.ToString());
        return (instruction.Execution, Payload.FromJson(instruction.Start.Input.Memory).ToString());
    }
}
