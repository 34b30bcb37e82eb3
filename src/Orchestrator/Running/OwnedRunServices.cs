using Loomflow.Aspire.Orchestrator.Hosting;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Redis.Queue;
using Loomflow.Redis.Runs;
using Loomflow.Security;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>What owning a run takes.</summary>
internal sealed record OwnedRunServices(
    RedisRunStore Store,
    RunQueue Queue,
    RunPlaces Places,
    RunCancellation Cancellation,
    RunEndings Endings,
    WorkflowRegistry Workflows,
    AuditOutbox Outbox,
    IStepDispatcher Dispatcher,
    DeltaHub Deltas,
    RunningOptions Options,
    TimeProvider Time,
    IServiceProvider Provider,
    RunLimits Limits,
    SecretScrubber? Scrubber = null,
    IMemory? Memory = null);
