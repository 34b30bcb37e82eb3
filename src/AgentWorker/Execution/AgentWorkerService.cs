using Grpc.Core;
using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>Connects orchestrators with executions.</summary>
[Authorize(Scopes.WorkerExecute)]
internal sealed class AgentWorkerService(
    ExecutionRegistry executions, IOptions<WorkerOptions> options, IOptions<LimitOptions> limits, TimeProvider time, ILogger<OrchestratorStream> logger) : Loomflow.V1.AgentWorker.AgentWorkerBase
{
    public override Task Execute(IAsyncStreamReader<ExecuteRequest> requestStream, IServerStreamWriter<ExecuteReply> responseStream, ServerCallContext context)
    {
        var expires = context.GetHttpContext().Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        return new OrchestratorStream(executions, expires, limits.Value.MaxMessageBytes, options.Value.HeartbeatInterval, time, logger)
            .RunAsync(requestStream, responseStream, context.CancellationToken);
    }
}
