namespace Loomflow;

internal static class ScopeEvents
{
    /// <summary>Appends an event at the scope's place. What has happened is written down even when the run is being stopped.</summary>
    public static async ValueTask<RunEvent> AppendAsync(this StepScope scope, RunEvent runEvent) =>
        await scope.Context.Events.AppendAsync(runEvent with { Path = scope.Path, Visit = scope.Visit, Attempt = scope.Attempt }, CancellationToken.None).ConfigureAwait(false);
}
