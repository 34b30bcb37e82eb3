namespace Loomflow;

/// <summary>A safety cap ended a run: the usual sign of a loop whose router never picks the way out.</summary>
public sealed class WorkflowCapException : Exception
{
    /// <summary>Creates the exception.</summary>
    public WorkflowCapException(string workflow, string node, string cap, int limit)
        : base($"Workflow '{workflow}' reached {cap} = {limit} at node '{node}': raise the cap, or let the loop's router pick the branch that ends it.")
    {
        Workflow = workflow;
        Node = node;
        Cap = cap;
        Limit = limit;
    }

    /// <summary>The workflow's name.</summary>
    public string Workflow { get; }

    /// <summary>The node that would have run next.</summary>
    public string Node { get; }

    /// <summary>The option that holds the cap: <c>MaxSteps</c> or <c>MaxVisitsPerNode</c>.</summary>
    public string Cap { get; }

    /// <summary>The cap's value.</summary>
    public int Limit { get; }
}
