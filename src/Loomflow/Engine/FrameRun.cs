using System.Diagnostics;

namespace Loomflow;

/// <summary>What the engine holds for a frame that it works on: how to stop it and its span. Not part of the state.</summary>
internal sealed class FrameRun(RunContext context, CancellationTokenSource stop, Activity? span) : IDisposable
{
    /// <summary>The run's context, with what the workflow lends to the agents in it.</summary>
    public RunContext Context { get; } = context;

    public CancellationToken Token { get; } = stop.Token;

    public Activity? Span { get; } = span;

    public void Stop() => stop.Cancel();

    public void Dispose() => stop.Dispose();
}
