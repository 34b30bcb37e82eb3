namespace Loomflow.ThinkAct;

/// <summary>The run's events without the pieces of a model's answer, for steps that do not stream; or with somebody else who sees the pieces too.</summary>
internal sealed class StepEvents(IRunEventWriter events, bool stream, Func<string, ValueTask>? tap = null) : IRunEventWriter
{
    public bool WantsDeltas => tap is not null || (stream && events.WantsDeltas);

    public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default) => events.AppendAsync(runEvent, cancellationToken);

    public async ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default)
    {
        if (tap is not null) await tap(delta.Text).ConfigureAwait(false);
        if (stream) await events.WriteDeltaAsync(delta, cancellationToken).ConfigureAwait(false);
    }
}
