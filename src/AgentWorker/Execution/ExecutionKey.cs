using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>The idempotency key of an execution.</summary>
internal readonly record struct ExecutionKey(string RunId, string Path, int Visit)
{
    public static ExecutionKey Of(StartExecution start) => new(start.Run.RunId, start.Path, start.Visit);

    public override string ToString() => $"{RunId}/{Path}#{Visit}";
}
