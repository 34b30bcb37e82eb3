namespace Loomflow.Aspire.Orchestrator.Dispatch;

internal static class DispatchExtensions
{
    /// <summary>Adds what sends steps to workers.</summary>
    public static IHostApplicationBuilder AddWorkerDispatch(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IStepDispatcher, NoWorkers>();
        return builder;
    }

    private sealed class NoWorkers : IStepDispatcher
    {
        public ValueTask<Payload> DispatchAsync(RemoteCall call, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"No worker hosts '{call.Step}': this orchestrator has no workers.");
    }
}
