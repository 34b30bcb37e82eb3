namespace Loomflow.Aspire.Orchestrator.Tests.Workflows;

/// <summary>Answers in the place of workers, so that a workflow is tested without any: <c>new() { ["billing"] = request => "…" }</c>.</summary>
internal sealed class Workers : Dictionary<string, Func<string, string>>, IStepDispatcher
{
    public ValueTask<Payload> DispatchAsync(RemoteCall call, CancellationToken cancellationToken) => TryGetValue(call.Step, out var answer)
        ? ValueTask.FromResult(Payload.Of(answer(call.Input.As<string>()!)))
        : throw new InvalidOperationException($"No worker of this test hosts '{call.Step}': it has {string.Join(", ", Keys)}.");
}
