namespace Loomflow;

/// <summary>What became of a run that completed, with its typed output.</summary>
public sealed record WorkflowResult<TOut> : WorkflowResult
{
    internal WorkflowResult(RunIdentity run, string definitionHash, RunState state) : base(run, definitionHash, state) =>
        Output = state.Output.As<TOut>()!;

    /// <summary>What the run gave.</summary>
    public TOut Output { get; }
}
