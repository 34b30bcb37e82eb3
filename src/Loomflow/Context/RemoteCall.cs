namespace Loomflow;

/// <summary>A step to be carried out by a worker.</summary>
/// <param name="Scope">The run and the place in it.</param>
/// <param name="Step">The name under which workers host the step.</param>
/// <param name="Input">What the step is given.</param>
public readonly record struct RemoteCall(StepScope Scope, string Step, Payload Input);
