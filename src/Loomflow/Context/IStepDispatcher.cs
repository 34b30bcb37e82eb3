namespace Loomflow;

/// <summary>Carries out steps that a worker hosts. The in-process engine has none unless the host gives it one.</summary>
public interface IStepDispatcher
{
    /// <summary>
    /// Has the step named <see cref="RemoteCall.Step"/> carried out and gives its output. Events that the worker reports go to the run
    /// before this returns. The scope of the caller says which run, place, visit and attempt it is.
    /// </summary>
    /// <exception cref="StepFailedException">The worker reported a failure.</exception>
    ValueTask<Payload> DispatchAsync(RemoteCall call, CancellationToken cancellationToken);
}
