using System.Collections.Frozen;
using Loomflow.Aspire.Orchestrator.Runs;

namespace Loomflow.Aspire.Orchestrator.Hosting;

/// <summary>The workflows that this orchestrator runs, by name. Several versions of one name can be registered; new runs take the last one.</summary>
internal sealed class WorkflowRegistry
{
    private readonly FrozenDictionary<string, IWorkflow> _current;
    private readonly FrozenDictionary<string, IWorkflow> _byDefinition;

    public WorkflowRegistry(IEnumerable<IWorkflow> workflows)
    {
        var all = workflows.ToArray();
        _current = all.GroupBy(workflow => workflow.Name, StringComparer.Ordinal).ToFrozenDictionary(versions => versions.Key, versions => versions.Last(), StringComparer.Ordinal);
        _byDefinition = all.DistinctBy(workflow => workflow.DefinitionHash).ToFrozenDictionary(workflow => workflow.DefinitionHash, StringComparer.Ordinal);
    }

    /// <summary>The workflows that new runs can be started of.</summary>
    public IEnumerable<IWorkflow> Current => _current.Values.OrderBy(workflow => workflow.Name, StringComparer.Ordinal);

    /// <summary>The workflow that a new run of this name takes.</summary>
    /// <exception cref="RunRefusedException">There is none of that name.</exception>
    public IWorkflow Get(string name) =>
        _current.GetValueOrDefault(name) ?? throw RunRefusedException.UnknownWorkflow(name, Current.Select(known => known.Name));

    /// <summary>All definitions that are here, by hash.</summary>
    public IEnumerable<string> Definitions => _byDefinition.Keys;

    /// <summary>Exactly the definition that a run is pinned to.</summary>
    public IWorkflow? FindDefinition(string hash) => _byDefinition.GetValueOrDefault(hash);
}
