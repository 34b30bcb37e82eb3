using Grpc.Core;
using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.Redis.Workers;
using Loomflow.V1;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>
/// One attempt of one remote step, from the first worker that takes it to a result, however many workers and connections are lost on
/// the way.
/// </summary>
internal sealed partial class StepDispatch
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly RemoteCall _call;
    private readonly WorkerPool _workers;
    private readonly DispatchOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StepHistory _history;
    private readonly StepQuestions _questions;
    private readonly HashSet<string> _avoided = new(StringComparer.Ordinal);
    private readonly bool _begunBefore;
    private string? _waitsFor;
    private int _lost;

    public StepDispatch(RemoteCall call, WorkerPool workers, DispatchOptions options, TimeProvider time, ILogger logger)
    {
        (_call, _workers, _options, _time, _logger) = (call, workers, options, time, logger);
        var journaled = call.Scope.Context.History?.Of(call.Scope.Path, call.Scope.Visit, call.Scope.Attempt);
        _begunBefore = journaled is not null;
        _history = new StepHistory(journaled ?? []);
        _questions = new StepQuestions(call.Scope, _history);
    }

    private RunContext Context => _call.Scope.Context;

    public async Task<Payload> RunAsync(CancellationToken cancellationToken)
    {
        var scope = _call.Scope;
        using var logScope = _logger.BeginScope(new RunLogScope(Context.RunId, scope.Path, scope.Visit, scope.Attempt));
        try
        {
            _questions.AskOpen(cancellationToken);
            var result = (_begunBefore ? await AttachAnywhereAsync(cancellationToken) : null) ?? await CarryOutAsync(cancellationToken);
            return Conclude(result);
        }
        finally
        {
            await _questions.EndAsync();
        }
    }

    /// <summary>An owner of the run before this one has begun the step: a worker may still have it, or its result.</summary>
    private async Task<ExecutionResult?> AttachAnywhereAsync(CancellationToken cancellationToken)
    {
        foreach (var worker in await _workers.FindAsync(_call.Step, cancellationToken))
        {
            using var slot = _workers.Take(worker, Context.Run.Partition);
            if (await StayWithAsync(slot, attachOnly: true, cancellationToken) is { } result) return result;
        }

        return null;
    }

    private async Task<ExecutionResult> CarryOutAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var slot = await _workers.TakeAsync(_call.Step, Context.Run.Partition, _avoided, SayWaitingAsync, cancellationToken);
            await SayGoesOnAsync();
            if (await StayWithAsync(slot, attachOnly: false, cancellationToken) is { } result) return result;
        }
    }

    /// <summary>Works with one worker, across connections, for as long as there is hope.</summary>
    /// <returns>The result, or <see langword="null"/> when the step has to go elsewhere.</returns>
    private async Task<ExecutionResult?> StayWithAsync(WorkerSlot slot, bool attachOnly, CancellationToken cancellationToken)
    {
        var (wasAttached, wasRenewed) = (false, false);
        var cutAt = _time.GetTimestamp();
        while (true)
        {
            var connection = new StepConnection(_call, _history, _questions, _options, _time);
            try
            {
                var result = await connection.RunAsync(slot.Connection, attachOnly, cancellationToken);
                if (result.OutcomeCase != ExecutionResult.OutcomeOneofCase.Cancelled) return result;
                DispatchMetrics.Retried("given_up");
                LogGivenUp(_call.Scope.IdempotencyKey, slot.WorkerId, result.Cancelled);
            }
            catch (RpcException failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                switch (failure.StatusCode)
                {
                    case StatusCode.Unauthenticated when connection.HasExpired && !wasRenewed:
                        wasRenewed = true;
                        continue;
                    case StatusCode.DeadlineExceeded when connection.WasLate:
                        DispatchMetrics.Retried("late");
                        continue;
                    case StatusCode.ResourceExhausted:
                        DispatchMetrics.Retried("full");
                        _workers.NoteFull(slot);
                        return null;
                    case StatusCode.NotFound when attachOnly:
                        return null;
                    case StatusCode.Unimplemented:
                        Avoid(slot, failure);
                        return null;
                    case StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.PermissionDenied or StatusCode.Unauthenticated:
                        throw Refused(failure);
                }

                DispatchMetrics.Retried(connection.WasAttached ? "cut" : "unreachable");
                LogCut(_call.Scope.IdempotencyKey, slot.WorkerId, failure.Status.Detail);
            }

            if (connection.WasAttached) (wasAttached, cutAt) = (true, _time.GetTimestamp());
            if (!wasAttached && !attachOnly)
            {
                // It never had the step. A worker that cannot be reached is not tried again until it is the last hope.
                await AvoidForNowAsync(slot, cancellationToken);
                return null;
            }

            if (_time.GetElapsedTime(cutAt) > _options.AttachGrace)
            {
                if (wasAttached) CountLost(slot);
                return null;
            }

            await Task.Delay(s_pause, _time, cancellationToken);
        }
    }

    private Payload Conclude(ExecutionResult result)
    {
        if (result.Usage.Length > 0) _call.Scope.Usage.Add(Wire.Read<Usage>(result.Usage));
        return result.OutcomeCase switch
        {
            ExecutionResult.OutcomeOneofCase.Output => Payload.FromJson(result.Output.Memory),
            ExecutionResult.OutcomeOneofCase.Failure => throw new StepFailedException(Wire.Read<Failure>(result.Failure)),
            _ => throw Lost($"A worker ended step '{_call.Step}' without saying how."),
        };
    }

    private async Task SayWaitingAsync(string reason)
    {
        if (reason == _waitsFor) return;
        _waitsFor = reason;
        LogWaiting(_call.Scope.IdempotencyKey, reason);
        await Context.Events.AppendAsync(
            new StepWaiting { Path = _call.Scope.Path, Visit = _call.Scope.Visit, Attempt = _call.Scope.Attempt, Reason = reason }, CancellationToken.None);
    }

    private async Task SayGoesOnAsync()
    {
        if (_waitsFor is null) return;
        _waitsFor = null;
        await Context.Events.NoteGoesOnAsync(_call.Scope.Path);
    }

    private void Avoid(WorkerSlot slot, RpcException why)
    {
        DispatchMetrics.Retried("not_hosted");
        LogAvoided(_call.Scope.IdempotencyKey, slot.WorkerId, why.Status.Detail);
        _avoided.Add(slot.WorkerId);
    }

    private async Task AvoidForNowAsync(WorkerSlot slot, CancellationToken cancellationToken)
    {
        _avoided.Add(slot.WorkerId);
        var workers = await _workers.FindAsync(_call.Step, cancellationToken);
        if (workers.Any(worker => !_avoided.Contains(worker.Id))) return;
        _avoided.Clear();
        await Task.Delay(s_pause, _time, cancellationToken);
    }

    private void CountLost(WorkerSlot slot)
    {
        DispatchMetrics.Retried("lost");
        LogLost(_call.Scope.IdempotencyKey, slot.WorkerId);
        if (++_lost >= _options.MaxLostWorkers) throw Lost($"Step '{_call.Step}' has lost {_lost} workers: it seems to be what ends them. Look at their logs, then retry the run.");
    }

    private StepFailedException Refused(RpcException refusal) => new(new Failure
    {
        Kind = refusal.StatusCode switch
        {
            StatusCode.InvalidArgument => FailureKind.InvalidValue,
            StatusCode.FailedPrecondition => FailureKind.Lost,
            _ => FailureKind.Denied,
        },
        Type = nameof(RpcException),
        Message = $"The worker refused step '{_call.Step}': {refusal.Status.Detail}",
        Node = _call.Scope.Path,
    });

    private StepFailedException Lost(string why) => new(new Failure { Kind = FailureKind.Lost, Type = "WorkerLost", Message = why, Node = _call.Scope.Path });

    [LoggerMessage(LogLevel.Information, "{Key} waits: {Reason}")]
    private partial void LogWaiting(string key, string reason);

    [LoggerMessage(LogLevel.Warning, "{Key}: the stream of worker {Worker} was cut: {Reason}")]
    private partial void LogCut(string key, string worker, string reason);

    [LoggerMessage(LogLevel.Warning, "{Key}: worker {Worker} is no use to it: {Reason}")]
    private partial void LogAvoided(string key, string worker, string reason);

    [LoggerMessage(LogLevel.Warning, "{Key}: worker {Worker} gave the step up: {Reason}")]
    private partial void LogGivenUp(string key, string worker, string reason);

    [LoggerMessage(LogLevel.Warning, "{Key}: worker {Worker} is lost; the step goes on elsewhere from what is journaled.")]
    private partial void LogLost(string key, string worker);
}
