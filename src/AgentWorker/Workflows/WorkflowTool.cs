using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.Aspire.AgentWorker.Execution;
using Loomflow.V1;
using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.AgentWorker.Workflows;

/// <summary>
/// A workflow of the orchestrator as a tool: each call is a child run of the calling run, with its user, session and trace. A call that
/// is made again, because its worker was lost, finds the run that it began the first time.
/// </summary>
internal sealed class WorkflowTool(Runs.RunsClient runs, string workflow, string description) : AIFunction
{
    private const string InputArgument = "input";

    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public override string Name => workflow;

    public override string Description => description;

    public override JsonElement JsonSchema { get; } = JsonSerializer.SerializeToElement(new JsonObject
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { [InputArgument] = new JsonObject { ["type"] = "string", ["description"] = "The request, with all its details." } },
        ["required"] = new JsonArray(InputArgument),
    });

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        if (!arguments.TryGetValue(InputArgument, out var input)) throw new ArgumentException($"The argument '{InputArgument}' is missing.");
        var scope = StepScope.Current ?? throw new InvalidOperationException($"Workflow '{workflow}' is a tool of agents that work for a run.");
        var request = new StartRunRequest
        {
            Workflow = workflow,
            Input = UnsafeByteOperations.UnsafeWrap(Payload.Of(input).ToJson()),
            SessionId = scope.Context.SessionId,
            ResponseTone = scope.Context.ResponseTone ?? "",
            Memory = SharedMemory.NameIn(scope.Context) ?? "",
            IdempotencyKey = scope.IdempotencyKey,
            Parent = RunReferences.Write(scope.Context.Run),
            WaitMilliseconds = (int)s_wait.TotalMilliseconds,
        };
        foreach (var (key, value) in scope.Context.Metadata) request.Metadata[key] = value;

        RunView? run = null;
        try
        {
            while (run is not { Status: "completed" or "failed" or "cancelled" or "capped" })
            {
                run = await StartOrWaitAsync(request, scope.Context.Time, cancellationToken) ?? run;
            }
        }
        catch (Exception stopped) when (cancellationToken.IsCancellationRequested && stopped is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // A worker that merely lets go of the step leaves the child to the worker that takes the step over.
            if (!scope.Context.Released.IsCancellationRequested) await CancelAsync(request, run);
            throw new OperationCanceledException(cancellationToken);
        }

        return run.Status == "completed"
            ? Payload.FromJson(run.Output.Memory).ToString()
            : throw new StepFailedException(FailureOf(run));
    }

    /// <summary>Starts the run, or waits for the one that has the same key. Gives nothing when the orchestrator could not be reached for the moment.</summary>
    private async Task<RunView?> StartOrWaitAsync(StartRunRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await runs.StartAsync(request, cancellationToken: cancellationToken);
        }
        catch (RpcException away) when (away.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Aborted)
        {
            await Task.Delay(s_pause, time, cancellationToken);
            return null;
        }
        catch (RpcException refused) when (refused.StatusCode != StatusCode.Cancelled)
        {
            throw new StepFailedException(new Failure { Kind = FailureKind.Error, Type = nameof(RpcException), Message = refused.Status.Detail });
        }
    }

    private async Task CancelAsync(StartRunRequest request, RunView? run)
    {
        var deadline = DateTime.UtcNow + s_patience;
        try
        {
            // The answer to the start may have been lost on the way: the key tells which run it was.
            run ??= await runs.StartAsync(new StartRunRequest(request) { WaitMilliseconds = 0 }, deadline: deadline);
            await runs.CancelAsync(new CancelRunRequest { RunId = run.Run.RunId, Reason = "the agent that called it was cancelled" }, deadline: deadline);
        }
        catch (RpcException)
        {
            // The orchestrator cancels children with their parents, too.
        }
    }

    private Failure FailureOf(RunView run) => run.Failure.IsEmpty || Payload.FromJson(run.Failure.Memory) is not { IsNull: false } failure
        ? new Failure { Kind = FailureKind.Cancelled, Type = "cancelled", Message = $"Run {run.Run.RunId} of workflow '{workflow}' was {run.Status}." }
        : failure.As<Failure>()!;
}
