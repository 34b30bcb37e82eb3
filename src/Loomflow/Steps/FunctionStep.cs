namespace Loomflow;

/// <summary>A step that calls a function.</summary>
internal sealed class FunctionStep<TIn, TOut>(string name, Func<TIn, CancellationToken, ValueTask<TOut>> function, Delegate original, bool gathers = false)
    : Step<TIn, TOut>(name)
{
    /// <summary>The delegate as the author wrote it, for attributes on its method.</summary>
    internal Delegate Original { get; } = original;

    internal override bool Gathers => gathers;

    internal override ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken)
    {
        var result = function((TIn)input!, cancellationToken);
        return result.IsCompletedSuccessfully ? new ValueTask<object?>(result.Result) : Awaited(result);

        static async ValueTask<object?> Awaited(ValueTask<TOut> result) => await result.ConfigureAwait(false);
    }
}
