using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.Orchestrator.Dispatch;

/// <summary>Has steps carried out by workers.</summary>
internal sealed class WorkerDispatcher(WorkerPool workers, IOptions<DispatchOptions> options, TimeProvider time, ILogger<WorkerDispatcher> logger) : IStepDispatcher
{
    public async ValueTask<Payload> DispatchAsync(RemoteCall call, CancellationToken cancellationToken) =>
        await new StepDispatch(call, workers, options.Value, time, logger).RunAsync(cancellationToken);
}
