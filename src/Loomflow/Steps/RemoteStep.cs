namespace Loomflow;

/// <summary>A step that a worker hosts.</summary>
internal sealed class RemoteStep<TIn, TOut>(string name, string hosted) : Step<TIn, TOut>(name), IRemoteStep
{
    /// <summary>The name under which workers host it.</summary>
    public string Hosted { get; } = hosted;

    internal override StepKind Kind => StepKind.Remote;

    internal override bool AcceptsText => typeof(TIn) == typeof(string);

    internal override async ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken)
    {
        var scope = StepScope.Current ?? throw new InvalidOperationException($"Step '{Name}' is hosted by workers and works only inside a run.");
        var dispatcher = scope.Context.Dispatcher ?? throw new InvalidOperationException(
            $"Step '{Name}' is hosted by workers, and this run has none: run it on the orchestrator, or give RunOptions.Dispatcher.");
        var output = await dispatcher.DispatchAsync(new RemoteCall(scope, Hosted, Payload.Of(input)), cancellationToken).ConfigureAwait(false);
        return output.As<TOut>();
    }
}
