using System.Text.Json;
using Grpc.Core;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>Connects orchestrators with executions.</summary>
[Authorize(Scopes.WorkerExecute)]
internal sealed partial class AgentWorkerService(
    ExecutionRegistry executions, IOptions<WorkerOptions> options, TimeProvider time, ILogger<AgentWorkerService> logger) : Loomflow.V1.AgentWorker.AgentWorkerBase
{
    private static readonly TimeSpan s_reading = TimeSpan.FromSeconds(5);

    public override async Task Execute(IAsyncStreamReader<ExecuteRequest> requestStream, IServerStreamWriter<ExecuteReply> responseStream, ServerCallContext context)
    {
        using var listener = executions.Listen();
        var stream = new ExecutionStream();
        var execution = await AttachAsync(requestStream, stream, context.CancellationToken);
        LogAttached(execution.Key.ToString(), execution.Start.Step);
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stream.Closed);
        var listening = ListenAsync(requestStream, execution, stream, closed.Token);
        try
        {
            await using var heartbeat = time.CreateTimer(_ => stream.SendHeartbeat(), null, options.Value.HeartbeatInterval, options.Value.HeartbeatInterval);
            await foreach (var reply in stream.ReadAllAsync(closed.Token))
            {
                await responseStream.WriteAsync(reply, closed.Token);
                if (reply.Delta is not null) stream.DeltaSent();
                if (reply.Result is null) continue;

                // The orchestrator ends the call once it has read the result. Ending it here first could lose the result: a client
                // drops what it has not read yet when the connection closes on a request that is still open.
                await listening.WaitAsync(s_reading, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            throw new OperationCanceledException(closed.Token);
        }
        catch (OperationCanceledException) when (stream.Closed.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw executions.IsDraining
                ? new RpcException(new Status(StatusCode.Unavailable, "The worker is stopping."))
                : new RpcException(new Status(StatusCode.Aborted, "Another orchestrator has attached, or the step is begun anew."));
        }
        finally
        {
            execution.Detach(stream);
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Execution> AttachAsync(IAsyncStreamReader<ExecuteRequest> requests, ExecutionStream stream, CancellationToken cancellationToken)
    {
        if (!await requests.MoveNext(cancellationToken) || requests.Current.Start is not { } start)
        {
            throw Invalid("The first message must be 'start'.");
        }

        if (start.Run is null || start.Run.RunId.Length == 0) throw Invalid("'start' names no run.");
        if (start.Step.Length == 0 || start.Path.Length == 0) throw Invalid("'start' must name the step and its path.");
        if (start.Visit < 1 || start.Attempt < 1) throw Invalid("Visits and attempts are counted from 1.");
        try
        {
            return await executions.AttachAsync(start, stream, cancellationToken);
        }
        catch (Exception malformed) when (malformed is PayloadException or FormatException)
        {
            throw Invalid(malformed.Message);
        }
    }

    private async Task ListenAsync(IAsyncStreamReader<ExecuteRequest> requests, Execution execution, ExecutionStream stream, CancellationToken cancellationToken)
    {
        try
        {
            while (await requests.MoveNext(cancellationToken)) Take(requests.Current, execution);
        }
        catch (JsonException malformed)
        {
            LogMalformed(malformed);
            stream.Close();
        }
    }

    private static void Take(ExecuteRequest request, Execution execution)
    {
        switch (request.MessageCase)
        {
            case ExecuteRequest.MessageOneofCase.Acknowledged:
                execution.Acknowledge(request.Acknowledged);
                break;
            case ExecuteRequest.MessageOneofCase.Audited:
                execution.NoteAudited(request.Audited.Sequences);
                break;
            case ExecuteRequest.MessageOneofCase.Answer:
                execution.Answer(request.Answer);
                break;
            case ExecuteRequest.MessageOneofCase.Cancel:
                execution.Stop(request.Cancel);
                break;
        }
    }

    private static RpcException Invalid(string what) => new(new Status(StatusCode.InvalidArgument, what));

    [LoggerMessage(LogLevel.Debug, "An orchestrator is attached to {Key} ({Step}).")]
    private partial void LogAttached(string key, string step);

    [LoggerMessage(LogLevel.Warning, "An answer cannot be read; the stream is closed.")]
    private partial void LogMalformed(Exception malformed);
}
