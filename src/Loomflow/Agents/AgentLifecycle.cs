using System.Diagnostics;

namespace Loomflow;

/// <summary>What every run of an agent has around its work: span, first event, time limit, and exactly one last event whatever the outcome.</summary>
internal static class AgentLifecycle
{
    public static async Task<TResult> RunAsync<TResult>(
        Agent agent, StepScope scope, Recovered recovered, string input, TimeSpan? timeout, Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : AgentResult
    {
        using var span = AgentTelemetry.StartRun(scope, agent, input);
        using var limit = timeout is { } time ? new CancellationTokenSource(time, scope.Context.Time) : null;
        using var link = limit is null ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var started = scope.Context.Time.GetTimestamp();
        try
        {
            span.Audited(await scope.AppendAsync(new RunStarted
            {
                Kind = RunKind.Agent,
                Name = agent.Name,
                Input = Payload.Of(input),
                Model = agent.Metadata?.DefaultModelId,
                Resumed = recovered.Resumed,
            }).ConfigureAwait(false));
            var result = await work(link?.Token ?? cancellationToken).ConfigureAwait(false);
            span.Audited(await scope.AppendAsync(new RunCompleted
            {
                Kind = RunKind.Agent,
                Name = agent.Name,
                Output = Payload.Of(result.Output),
                Usage = result.Usage,
                StopReason = StopReasons.Text(result),
                Turns = result.Turns,
            }).ConfigureAwait(false));
            AgentTelemetry.EndRun(span, agent, result, scope.Context.Time.GetElapsedTime(started));
            return result;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            span.Conclude("cancelled");
            AgentTelemetry.RunEnded(agent, "cancelled", scope.Context.Time.GetElapsedTime(started));
            await EndAsync(agent, scope, span, new RunCancelled { Kind = RunKind.Agent, Name = agent.Name, Reason = "cancelled by the caller", Usage = scope.Consumed }).ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException late) when (limit is { IsCancellationRequested: true })
        {
            var failure = new TimeoutException($"Agent '{agent.Name}' took longer than {timeout!.Value.TotalSeconds:0.###} s: raise the run's or the agent's Timeout.", late);
            await FailAsync(agent, scope, span, failure, started).ConfigureAwait(false);
            throw failure;
        }
        catch (Exception failure)
        {
            await FailAsync(agent, scope, span, failure, started).ConfigureAwait(false);
            throw;
        }
    }

    private static async ValueTask FailAsync(Agent agent, StepScope scope, Activity? span, Exception failure, long started)
    {
        var described = Failure.From(failure, scope.Path.Length == 0 ? null : scope.Path);
        span.Conclude("failed", described);
        AgentTelemetry.RunEnded(agent, "failed", scope.Context.Time.GetElapsedTime(started));
        await EndAsync(agent, scope, span, new RunFailed { Kind = RunKind.Agent, Name = agent.Name, Failure = described, Usage = scope.Consumed }).ConfigureAwait(false);
    }

    private static async ValueTask EndAsync(Agent agent, StepScope scope, Activity? span, RunEvent end)
    {
        try
        {
            span.Audited(await scope.AppendAsync(end).ConfigureAwait(false));
        }
        catch (Exception refused)
        {
            // The log is gone, which may well be why the run ends; what ended it first is what the caller is told. Whoever streams the run sees it end.
            if (scope.Context.Events is not InProcessRunLog log || scope.Path.Length > 0) return;
            var last = end as RunFailed ?? new RunFailed { Kind = RunKind.Agent, Name = agent.Name, Failure = Failure.From(refused), Usage = scope.Consumed };
            await log.AppendLastAsync(last).ConfigureAwait(false);
        }
    }
}
