namespace Loomflow;

/// <summary>An agent between typed steps.</summary>
internal sealed class AgentStep<TIn, TOut>(Agent agent, OutputSchema? output) : Step<TIn, TOut>(agent.Name)
{
    internal override bool AcceptsText => typeof(TIn) == typeof(string);

    internal override async ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken)
    {
        var result = await agent.InvokeAsync(Payload.Of(input).ToString(), output, cancellationToken).ConfigureAwait(false);
        return typeof(TOut) == typeof(string) && output is null ? result.Output : result.Value;
    }
}
