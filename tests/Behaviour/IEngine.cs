namespace Loomflow.Behaviour;

/// <summary>Something that runs workflows.</summary>
public interface IEngine : IAsyncDisposable
{
    /// <summary>Starts a run for alice.</summary>
    Task<IEngineRun> StartAsync<TIn, TOut>(Workflow<TIn, TOut> workflow, TIn input);
}
